import { existsSync } from 'node:fs';

/** A GPU in software, which Debian's Chromium brings: right, and very slow. What finds it is in the package libvulkan1. */
export const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const VULKAN = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libvulkan.so.1`;

export const hasSwiftshader = [SWIFTSHADER, VULKAN].every((path) => existsSync(path));
