import type { FastifyRequest } from 'fastify';
import { QueueFull } from './batcher.ts';
import type { ServerSettings } from './options.ts';

/** A request whose body is on its way, or in memory until it is answered. */
interface Upload {
  readonly bytes: number;
  readonly request: FastifyRequest;
  /** When it began, in ms, and what its connection had brought by then. */
  readonly began: number;
  readonly bytesBefore: number;
  readonly giveWay: () => void;
  isComing: boolean;
}

/** Who has not sent that many bytes a second, a second long, gives way where there is no room for another. */
const SLOW_BYTES_PER_S = 10_000;
/** Bodies above this part of the bytes are large; they leave some to the others. */
const LARGE = 1 / 64;
const OF_LARGE = 3 / 4;

const connectionBytes = ({ raw }: FastifyRequest): number => raw.socket?.bytesRead ?? 0;

/** Bounds the bodies in flight, in number while they come and in bytes until they are answered. */
export class Uploads {
  readonly #uploads = new Set<Upload>();
  readonly #settings: Pick<ServerSettings, 'queue' | 'queue_bytes' | 'max_bytes'>;

  constructor(settings: Pick<ServerSettings, 'queue' | 'queue_bytes' | 'max_bytes'>) {
    this.#settings = settings;
  }

  /** Of all bodies, as they were announced. */
  get bytes(): number {
    return [...this.#uploads].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bodies on their way. */
  get coming(): number {
    return [...this.#uploads].filter(({ isComing }) => isComing).length;
  }

  /** Whether even a small body would find no room. */
  get isFull(): boolean {
    return !this.#hasRoom(1) && !this.#slowest();
  }

  /**
   * Takes a request in before its body is read.
   *
   * @param giveWay called where the body comes so slowly that another takes its place
   * @throws QueueFull
   */
  admit(request: FastifyRequest, giveWay: () => void): { received(): void; leave(): void } {
    const announced = request.headers['content-length'];
    const bytes = announced === undefined ? this.#settings.max_bytes : Number(announced);
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

  /** One body is always taken, however large. */
  #hasRoom(bytes: number): boolean {
    const { queue, queue_bytes } = this.#settings;
    const isLarge = (of: number) => of > LARGE * queue_bytes;
    const all = [...this.#uploads];
    if (this.coming >= queue) return false;
    const beside = isLarge(bytes) ? all.filter((other) => isLarge(other.bytes)) : all;
    const held = beside.reduce((sum, other) => sum + other.bytes, 0);
    return held === 0 || held + bytes <= (isLarge(bytes) ? OF_LARGE : 1) * queue_bytes;
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
