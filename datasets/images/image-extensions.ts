/** Extensions of files that a search of a folder takes for images. */
export const imageExtensions = [
  'jpg',
  'jpeg',
  'jpe',
  'jfif',
  'png',
  'bmp',
  'webp',
  'avif',
  'tif',
  'tiff',
  'gif',
] as const;

const imageName = new RegExp(`\\.(${imageExtensions.join('|')})$`, 'i');

/** Extensions of images that cannot be read: such files are not used, and reported. */
export const unreadImageExtensions: readonly string[] = [
  ...['heic', 'heif', 'jxl', 'jp2', 'j2k', 'jpx', 'mpo', 'ppm', 'pgm', 'pbm', 'pnm', 'pfm', 'tga', 'psd', 'ico', 'svg'],
  ...['exr', 'hdr', 'dds', 'dng', 'cr2', 'cr3', 'nef', 'arw', 'raf', 'orf', 'rw2'],
];

const unreadImageName = new RegExp(`\\.(${unreadImageExtensions.join('|')})$`, 'i');
export const isUnreadImageName = (name: string): boolean => unreadImageName.test(name);

export const isImageName = (name: string): boolean => imageName.test(name);
export const isHidden = (name: string): boolean => name.startsWith('.');
