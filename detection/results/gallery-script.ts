import { boxLabel } from '../../datasets/draw/box-label.ts';
import { SMALL } from '../../datasets/images/resize/viewing.ts';

/**
 * What runs in a gallery's page. Plain JavaScript of the browser, without template literals, since it stands in one.
 *
 * Records are inert script elements: `picture` (JSON), its `preview` (base64 of a JPEG) next to it, and `failure`
 * (JSON). Cards exist for all pictures, but hold an image only while they are near the visible part of the page. Text
 * from records reaches the page as text alone, never as markup.
 */
export const galleryScript = `
'use strict';
const boxLabel = ${boxLabel};
addEventListener('DOMContentLoaded', () => {
  const byId = (id) => document.getElementById(id);
  const grid = byId('grid'), viewer = byId('viewer'), stage = byId('stage');
  const search = byId('search'), score = byId('score'), sort = byId('sort'), found = byId('found');

  // A run that was killed may leave half a record at the end of the file: it is left out.
  const records = (kind) => [...document.querySelectorAll('script.' + kind)].flatMap((element) => {
    try { return [{ ...JSON.parse(element.textContent), preview: element.nextElementSibling }]; } catch { return []; }
  });
  const pictures = records('picture').filter((picture) => picture.preview && picture.preview.className === 'preview');
  const failures = records('failure');
  for (const picture of pictures) {
    picture.objects = picture.objects.map(([label, score, x, y, width, height, shapes]) => ({ label, score, x, y, width, height, ...shapes }));
    picture.key = picture.file.toLowerCase();
    picture.small = Math.max(picture.width, picture.height) < ${SMALL};
  }
  const collator = new Intl.Collator(undefined, { numeric: true });
  pictures.sort((a, b) => collator.compare(a.file, b.file));

  const element = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };
  const drawn = (name, attributes, ...children) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const count = (number, word) => number.toLocaleString() + ' ' + word + (number === 1 ? '' : 's');
  const percent = (value) => boxLabel('', value);
  // Colors of a label: its box's, and that of text on it.
  const paints = new Map(pictures.flatMap((picture) => Object.entries(picture.paints)));
  const paint = (node, label) => {
    paints.get(label).forEach((color, i) => node.style.setProperty(i ? '--ink' : '--paint', color));
    return node;
  };
  const dotOf = (label) => paint(element('span', { className: 'dot' }), label);

  // Which objects and pictures are wanted.
  const chosen = new Set();
  const wanted = (picture) => {
    const least = Number(score.value);
    return picture.objects.filter((object) => object.score > least && (!chosen.size || chosen.has(object.label)));
  };
  let listed = [];
  const orders = {
    name: () => 0,
    count: (a, b) => b.wanted.length - a.wanted.length,
    best: (a, b) => (b.wanted[0] ? b.wanted[0].score : -1) - (a.wanted[0] ? a.wanted[0].score : -1),
  };

  // Boxes over a picture. Tags must not cover one another: higher scores choose their place first, of what is left the
  // rest take a shorter form, or wait to be pointed at.
  const ruler = document.createElement('canvas').getContext('2d');
  const widths = new Map();
  const widthOf = (text) => {
    ruler.font = '600 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
    if (!widths.has(text)) widths.set(text, ruler.measureText(text).width + 8);
    return widths.get(text);
  };
  const overlay = (picture, objects, shownWidth, shownHeight) => {
    const unit = Math.max(picture.width / shownWidth, picture.height / shownHeight);
    const height = 16 * unit, placed = [];
    const masks = drawn('g', {}), boxes = drawn('g', {}), poses = drawn('g', { class: 'pose' }), tagged = drawn('g', { class: 'tagged' });
    objects.forEach((object, index) => {
      const label = object.label.length > 40 ? object.label.slice(0, 40) + '…' : object.label;
      const whole = boxLabel(label, object.score);
      const tagAt = (text, y) => {
        const width = widthOf(text) * unit, x = Math.max(0, Math.min(object.x - unit, picture.width - width));
        return { text, x, y, width, height };
      };
      const top = Math.max(0, object.y), bottom = object.y + object.height;
      const rows = [top - height, top, bottom - height, bottom].filter((y) => y >= 0 && y + height <= picture.height);
      const tags = [whole, percent(object.score)].flatMap((text) => rows.map((y) => tagAt(text, y)));
      const free = (tag) => placed.every((other) => tag.x >= other.x + other.width || other.x >= tag.x + tag.width ||
        tag.y >= other.y + other.height || other.y >= tag.y + tag.height);
      const fitting = tags.find(free);
      if (fitting) placed.push(fitting);
      const tag = fitting || tags[0] || tagAt(whole, 0);
      const text = drawn('text', { x: tag.x + 4 * unit, y: tag.y + 12 * unit, 'font-size': 11 * unit });
      text.textContent = tag.text;
      const part = (layer, name, ...nodes) => layer.prepend(paint(drawn('g', { class: 'object ' + name, 'data-index': index }, ...nodes), object.label));
      if (object.mask) part(masks, '', drawn('path', { class: 'mask', d: object.mask }));
      if (object.pose) part(poses, '', ...object.pose.map(([name, d]) => drawn('path', { class: name, d })));
      part(boxes, '', drawn('rect', { class: 'box', x: object.x, y: object.y, width: object.width, height: object.height, rx: 2 * unit }));
      part(tagged, fitting ? '' : 'tucked', drawn('rect', { class: 'tag', x: tag.x, y: tag.y, width: tag.width, height, rx: 2 * unit }), text);
    });
    return drawn('g', {}, masks, boxes, poses, tagged);
  };
  const canvasOf = (picture) => drawn('svg', { viewBox: '0 0 ' + picture.width + ' ' + picture.height, 'aria-hidden': 'true' },
    drawn('image', { class: picture.small ? 'small' : '', href: 'data:image/jpeg;base64,' + picture.preview.textContent, width: picture.width, height: picture.height, preserveAspectRatio: 'none' }));
  const redraw = (svg, picture, frame) => {
    const old = svg.querySelector('g');
    if (old) old.remove();
    if (frame.clientWidth) svg.append(overlay(picture, picture.wanted, frame.clientWidth, frame.clientHeight));
  };

  // Cards, filled near the visible part of the page.
  const near = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) { near.add(target.picture); fill(target.picture); }
      else { near.delete(target.picture); target.firstChild.replaceChildren(); }
    }
  }, { rootMargin: '900px' });
  const fill = (picture) => {
    const [shot, caption] = picture.card.children;
    let svg = shot.firstChild;
    if (!svg) shot.append(svg = canvasOf(picture));
    redraw(svg, picture, shot);
    caption.lastChild.textContent = count(picture.wanted.length, 'object');
    shot.ariaLabel = [picture.file, ...picture.wanted.map((object) => boxLabel(object.label, object.score))].join(', ');
  };
  for (const picture of pictures) {
    const shot = element('button', { type: 'button', className: 'shot', ariaLabel: picture.file });
    const caption = element('div', { className: 'caption' }, element('bdi', { textContent: picture.file, title: picture.file }), element('span', {}));
    picture.card = element('div', { className: 'card', picture }, shot, caption);
    picture.card.setAttribute('role', 'listitem');
    picture.card.style.setProperty('--ratio', String(Math.min(2.6, Math.max(0.5, picture.width / picture.height))));
    watcher.observe(picture.card);
  }

  // Category chips, most frequent first at the score that is shown at first; folded, only those that have objects.
  const begin = Number(document.body.dataset.score);
  const tally = new Map();
  for (const picture of pictures) for (const { label, score } of picture.objects) {
    if (!tally.has(label)) tally.set(label, { label, shown: 0, total: 0 });
    tally.get(label).total++;
    if (score > begin) tally.get(label).shown++;
  }
  const categories = [...tally.values()].sort((a, b) => b.shown - a.shown || b.total - a.total || collator.compare(a.label, b.label));
  categories.forEach((category) => {
    category.number = element('small', {});
    category.chip = element('button', { type: 'button', className: 'chip', title: category.label }, dotOf(category.label), element('bdi', {}, category.label), category.number);
    category.chip.setAttribute('aria-pressed', 'false');
    category.chip.onclick = () => {
      if (!chosen.delete(category.label)) chosen.add(category.label);
      update();
    };
  });
  byId('categories').append(...categories.map((category) => category.chip));
  const more = byId('more');
  const fold = (open) => {
    const box = byId('categories'), hides = categories.some(({ chip }) => chip.classList.contains('none'));
    box.classList.toggle('open', open);
    more.setAttribute('aria-expanded', String(open));
    more.textContent = open ? 'Fewer' : 'All ' + categories.length;
    more.hidden = !open && !hides && box.scrollHeight <= box.clientHeight + 4 && box.scrollWidth <= box.clientWidth + 4;
  };
  more.onclick = () => fold(more.getAttribute('aria-expanded') === 'false');

  // What is drawn of an object, where it has more than a box: the same choice on the page and beside a large picture.
  const has = (kind) => pictures.some((picture) => picture.objects.some((object) => object[kind]));
  const kinds = ['boxes', ...(has('mask') ? ['masks'] : []), ...(has('pose') ? ['keypoints'] : [])];
  if (kinds.length > 1) for (const group of document.querySelectorAll('.kinds')) {
    group.hidden = false;
    group.append(...kinds.map((kind) => {
      const choice = element('input', { type: 'checkbox', name: kind, checked: true, autocomplete: 'off' });
      choice.onchange = () => {
        document.body.classList.toggle('no-' + kind, !choice.checked);
        for (const other of document.getElementsByName(kind)) other.checked = choice.checked;
      };
      return element('label', {}, choice, ' ' + kind);
    }));
  }

  const update = () => {
    const least = Number(score.value), text = search.value.trim().toLowerCase();
    byId('least').textContent = percent(least);
    const named = pictures.filter((picture) => picture.key.includes(text));
    const counts = new Map();
    for (const picture of named) {
      picture.wanted = wanted(picture);
      for (const object of picture.objects) if (object.score > least) counts.set(object.label, (counts.get(object.label) || 0) + 1);
    }
    for (const { label, chip, number } of categories) {
      number.textContent = (counts.get(label) || 0).toLocaleString();
      chip.classList.toggle('none', !counts.has(label));
      chip.setAttribute('aria-pressed', String(chosen.has(label)));
    }
    const next = named.filter((picture) => picture.wanted.length || (!chosen.size && !found.checked)).sort(orders[sort.value]);
    fold(more.getAttribute('aria-expanded') === 'true');
    if (next.length !== listed.length || next.some((picture, i) => picture !== listed[i])) {
      listed = next;
      grid.replaceChildren(...listed.map((picture) => picture.card));
    }
    for (const picture of near) if (picture.card.isConnected) fill(picture);
    const objects = listed.reduce((total, picture) => total + picture.wanted.length, 0);
    byId('status').textContent = (listed.length < pictures.length ? listed.length.toLocaleString() + ' of ' : '') + count(pictures.length, 'image') + ', ' + count(objects, 'object');
    byId('clear').hidden = !chosen.size;
    byId('empty').hidden = listed.length > 0 || !pictures.length;
  };
  let waiting = 0;
  const soon = () => { waiting = waiting || requestAnimationFrame(() => { waiting = 0; update(); }); };
  search.oninput = score.oninput = soon;
  sort.onchange = found.onchange = update;
  byId('clear').onclick = () => { chosen.clear(); update(); };
  byId('reset').onclick = () => { chosen.clear(); search.value = ''; found.checked = false; score.value = score.min; update(); };

  // One picture, large.
  let shown = -1, canvas = null;
  const light = (index) => {
    stage.classList.toggle('focused', index >= 0);
    for (const node of viewer.querySelectorAll('[data-index]')) node.classList.toggle('lit', Number(node.dataset.index) === index);
  };
  const show = (index) => {
    shown = index;
    const picture = listed[index];
    byId('name').replaceChildren(element('bdi', { textContent: picture.file, title: picture.file }));
    byId('place').textContent = (index + 1).toLocaleString() + ' / ' + listed.length.toLocaleString();
    byId('previous').disabled = index === 0;
    byId('next').disabled = index === listed.length - 1;
    byId('open').hidden = !picture.link;
    if (picture.link) byId('open').href = picture.link;
    byId('nothing').hidden = picture.wanted.length > 0;
    canvas = canvasOf(picture);
    stage.replaceChildren(canvas);
    byId('objects').replaceChildren(...picture.wanted.map((object, i) => {
      const button = element('button', { type: 'button', title: object.label }, dotOf(object.label), element('span', { textContent: object.label }), element('span', { textContent: percent(object.score) }));
      button.dataset.index = i;
      button.onmouseenter = button.onfocus = button.onclick = () => light(i);
      button.onmouseleave = button.onblur = () => light(-1);
      return element('li', {}, button);
    }));
    if (!viewer.open) { viewer.showModal(); viewer.focus(); }
    light(-1);
    redraw(canvas, picture, canvas);
  };
  const step = (by) => { if (listed[shown + by]) show(shown + by); };
  byId('previous').onclick = () => step(-1);
  byId('next').onclick = () => step(1);
  byId('close').onclick = () => viewer.close();
  viewer.onclose = () => {
    const shot = listed[shown] && listed[shown].card.firstChild;
    if (shot) { shot.focus({ preventScroll: true }); shot.scrollIntoView({ block: 'nearest' }); }
  };
  // The smallest box under the pointer is the one meant.
  stage.onpointermove = stage.onpointerdown = (event) => {
    const hit = document.elementsFromPoint(event.clientX, event.clientY).map((node) => node.closest('#stage .object')).filter(Boolean);
    const area = (node) => { const object = listed[shown].wanted[node.dataset.index]; return object.width * object.height; };
    light(hit.length ? Number(hit.reduce((a, b) => (area(b) < area(a) ? b : a)).dataset.index) : -1);
  };
  stage.onpointerleave = () => light(-1);
  grid.onclick = (event) => {
    const card = event.target.closest('.card');
    if (card) show(listed.indexOf(card.picture));
  };

  // Arrow keys walk through the grid and from one large picture to the next, / leads to the search.
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (viewer.open) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); step(by); }
      return;
    }
    if (event.key === '/' && !/INPUT|SELECT/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); return; }
    const card = document.activeElement.closest('.card');
    if (!card) return;
    const at = listed.indexOf(card.picture);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: listed.length - 1 }[event.key];
    if (to === undefined || !listed[to]) return;
    event.preventDefault();
    listed[to].card.firstChild.focus();
  });

  let resizing = 0;
  addEventListener('resize', () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      fold(more.getAttribute('aria-expanded') === 'true');
      for (const picture of near) if (picture.card.isConnected) fill(picture);
      if (viewer.open) redraw(canvas, listed[shown], canvas);
    }, 120);
  });

  const all = pictures.flatMap((picture) => picture.objects.map((object) => object.score));
  const least = all.reduce((smallest, value) => Math.min(smallest, value), 1);
  score.min = all.length ? (Math.ceil(least * 100 - 1e-6) - 1) / 100 : 0;
  // Rounded down, as the slider moves in hundredths.
  score.value = Math.max(score.min, Math.floor(begin * 100 + 1e-6) / 100);
  if (pictures.length && !all.length) {
    byId('none').hidden = false;
    byId('none').textContent = 'Nothing scores above ' + Math.round(begin * 100) + ' %: detect again with a lower --score, or with a model of other categories.';
  }
  if (failures.length) {
    const [summary, list] = byId('failures').children;
    byId('failures').hidden = false;
    summary.textContent = count(failures.length, 'image') + ' could not be read';
    list.append(...failures.map(({ file, error }) => element('li', {}, element('bdi', {}, element('strong', { textContent: file })), ': ', element('bdi', { textContent: error }))));
  }
  const bare = pictures.reduce((total, picture) => total + (picture.bare || 0), 0);
  if (bare) {
    byId('bare').hidden = false;
    byId('bare').textContent = count(bare, 'object') + ' of low scores ' + (bare === 1 ? 'is' : 'are') + ' shown without mask and keypoints, to keep this page small.';
  }
  const expected = Number(document.body.dataset.expected), done = pictures.length + failures.length;
  if (done < expected) {
    byId('unfinished').hidden = false;
    byId('unfinished').textContent = 'This run did not finish: ' + done.toLocaleString() + ' of ' + count(expected, 'image') + ' done.';
  }
  update();
});
`;
