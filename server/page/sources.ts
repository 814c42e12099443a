import { samples } from './ask.ts';
import { byId, element } from './elements.ts';

type Give = (picture: File) => void;
type Fail = (problem: string) => void;

const isPicture = (item: { readonly type: string }): boolean => item.type.startsWith('image/');

/** The ways to give the page an image: file dialog, drop, paste, sample, camera. */
export function listenForPictures(give: Give, fail: Fail): void {
  const file = byId('file', 'input');
  file.addEventListener('change', () => {
    if (file.files?.[0]) give(file.files[0]);
    file.value = '';
  });
  listenForDrops(give, fail);
  listenForPastes(give, fail);
  listenForCamera(give, fail);
  void offerSamples(give, fail);
}

function listenForDrops(give: Give, fail: Fail): void {
  const stage = byId('stage', 'div');
  let depth = 0;
  const mark = (change: number) => {
    depth = change ? depth + change : 0;
    stage.classList.toggle('over', depth > 0);
  };
  addEventListener('dragenter', () => mark(1));
  addEventListener('dragleave', () => mark(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(0);
    const dropped = [...(event.dataTransfer?.files ?? [])];
    const picture = dropped.find(isPicture);
    if (picture) give(picture);
    else fail(dropped.length ? `${dropped[0].name} is not an image.` : 'Drop a file, not a link.');
  });
}

function listenForPastes(give: Give, fail: Fail): void {
  addEventListener('paste', (event) => {
    const picture = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (picture) give(picture);
  });
  byId('paste', 'button').addEventListener('click', async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith('image/'));
        if (type) return give(new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type }));
      }
      fail('The clipboard has no image.');
    } catch {
      fail('The browser does not let this page read the clipboard; press Ctrl+V, or ⌘V, instead.');
    }
  });
}

function listenForCamera(give: Give, fail: Fail): void {
  const button = byId('take', 'button');
  const video = byId('camera', 'video');
  let stream: MediaStream | undefined;
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.hidden = true;
    button.textContent = 'Camera';
    button.setAttribute('aria-pressed', 'false');
  };
  button.addEventListener('click', async () => {
    if (stream) {
      const canvas = element('canvas', { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext('2d')!.drawImage(video, 0, 0);
      stop();
      canvas.toBlob((blob) => blob && give(new File([blob], 'camera.jpg', { type: 'image/jpeg' })), 'image/jpeg', 0.92);
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      for (const id of ['drop', 'figure']) document.getElementById(id)!.hidden = true;
      button.textContent = 'Take it';
      button.setAttribute('aria-pressed', 'true');
    } catch {
      stop();
      fail('The browser gives this page no camera.');
    }
  });
}

async function offerSamples(give: Give, fail: Fail): Promise<void> {
  const names = await samples().catch(() => []);
  const buttons = names.map((name) => {
    const image = element('img', {
      className: 'sample',
      src: `samples/${name}`,
      alt: name.replace(/\.\w+$/, ''),
      loading: 'lazy',
    });
    const button = element('button', { type: 'button' }, image);
    button.addEventListener('click', async () => {
      try {
        const blob = await (await fetch(image.src)).blob();
        give(new File([blob], name, { type: blob.type }));
      } catch {
        fail(`${name} cannot be loaded. Is the service still running?`);
      }
    });
    return button;
  });
  byId('samples', 'fieldset').replaceChildren(...buttons);
}
