import type { FastifyRequest } from 'fastify';
import { QueueFull } from './batcher.ts';
import type { ServerSettings } from './options.ts';

/** A request whose body is arriving, or in memory until the answer. */
interface Upload {
  readonly bytes: number;
  readonly request: FastifyRequest;
  /** The start in ms, and the bytes that the connection had received before. */
  readonly began: number;
  readonly bytesBefore: number;
  readonly giveWay: () => void;
  isComing: boolean;
}

/** A body slower than this, after its first second, gives way if another body needs room. */
const SLOW_BYTES_PER_S = 10_000;
/** Bodies above this share of `queueBytes` are large. */
const LARGE = 1 / 64;
/** The share of `queueBytes` that large bodies may fill; the rest is reserved for small ones. */
const OF_LARGE = 3 / 4;

const connectionBytes = ({ raw }: FastifyRequest): number => raw.socket?.bytesRead ?? 0;

/** Limits the bodies in flight: their number while they arrive, and their bytes until they are answered. */
export class Uploads {
  readonly #uploads = new Set<Upload>();
  readonly #settings: Pick<ServerSettings, 'queue' | 'queueBytes' | 'maxBytes'>;

  constructor(settings: Pick<ServerSettings, 'queue' | 'queueBytes' | 'maxBytes'>) {
    this.#settings = settings;
  }

  /** Announced bytes of all bodies. */
  get bytes(): number {
    return [...this.#uploads].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The number of arriving bodies. */
  get coming(): number {
    return [...this.#uploads].filter(({ isComing }) => isComing).length;
  }

  /** Whether even a small body would find no room. */
  get isFull(): boolean {
    return !this.#hasRoom(1) && !this.#slowest();
  }

  /**
   * Admits a request before its body is read.
   *
   * @param giveWay called if the body arrives so slowly that another takes its place
   * @throws QueueFull when there is no room
   */
  admit(request: FastifyRequest, giveWay: () => void): { received(): void; leave(): void } {
    const announced = request.headers['content-length'];
    const bytes = announced === undefined ? this.#settings.maxBytes : Number(announced);
    while (!this.#hasRoom(bytes)) {
      const slowest = this.#slowest();
      if (!slowest) throw new QueueFull();
      this.#uploads.delete(slowest);
      slowest.giveWay();
    }
    const [began, bytesBefore] = [performance.now(), connectionBytes(request)];
    const upload: Upload = { bytes, request, began, bytesBefore, giveWay, isComing: true };
    this.#uploads.add(upload);
    return {
      received: () => {
        upload.isComing = false;
      },
      leave: () => void this.#uploads.delete(upload),
    };
  }

  /** If no other body is in memory, one of any size has room. */
  #hasRoom(bytes: number): boolean {
    const { queue, queueBytes } = this.#settings;
    const isLarge = (of: number) => of > LARGE * queueBytes;
    const all = [...this.#uploads];
    if (this.coming >= queue) return false;
    const beside = isLarge(bytes) ? all.filter((other) => isLarge(other.bytes)) : all;
    const total = beside.reduce((sum, other) => sum + other.bytes, 0);
    return total === 0 || total + bytes <= (isLarge(bytes) ? OF_LARGE : 1) * queueBytes;
  }

  #slowest(): Upload | undefined {
    const now = performance.now();
    const rates = [...this.#uploads]
      .filter(({ began, isComing }) => isComing && now - began > 1000)
      .map((upload) => ({
        upload,
        rate: (1000 * (connectionBytes(upload.request) - upload.bytesBefore)) / (now - upload.began),
      }))
      .sort((a, b) => a.rate - b.rate);
    return rates.length && rates[0].rate < SLOW_BYTES_PER_S ? rates[0].upload : undefined;
  }
}
