/** Extensions of files that are taken for images where a folder is searched. */
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

export const isImageName = (name: string): boolean => imageName.test(name);
export const isHidden = (name: string): boolean => name.startsWith('.');
