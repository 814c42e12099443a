import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ServedModel } from './served-model.ts';
import type { Uploads } from './uploads.ts';

/** The service's metrics for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: 'resnet_coco_requests_total',
    help: 'Requests answered, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'resnet_coco_request_seconds',
    help: 'From the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  readonly #pictures = new Counter({
    name: 'resnet_coco_pictures_total',
    help: 'Images by model and result',
    labelNames: ['model', 'result'],
    registers: [this.registry],
  });
  readonly #batches = new Histogram({
    name: 'resnet_coco_batch_size',
    help: 'Images computed in one batch, by model',
    labelNames: ['model'],
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Adds gauges of the queues, read at each scrape. */
  watch(models: readonly ServedModel[], uploads: Uploads): void {
    new Gauge({
      name: 'resnet_coco_queued_pictures',
      help: 'Images that wait for their turn, by model',
      labelNames: ['model'],
      registers: [this.registry],
      collect() {
        for (const { queue, record } of models) this.set({ model: record.name }, queue.queued);
      },
    });
    new Gauge({
      name: 'resnet_coco_request_bytes',
      help: 'Announced bytes of request bodies that are arriving, or in memory until the answer',
      registers: [this.registry],
      collect() {
        this.set(uploads.bytes);
      },
    });
    new Gauge({
      name: 'resnet_coco_bodies_coming',
      help: 'Request bodies that are arriving',
      registers: [this.registry],
      collect() {
        this.set(uploads.coming);
      },
    });
  }

  request(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method, status });
    this.#seconds.observe({ route }, seconds);
  }

  picture(model: string, result: 'answered' | 'broken' | 'refused' | 'dropped'): void {
    this.#pictures.inc({ model, result });
  }

  batch(model: string, items: number): void {
    this.#batches.observe({ model }, items);
  }
}
