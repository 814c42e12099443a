import { differentiate } from '../differentiate.ts';
import type { LossSpec } from '../engine.ts';
import { tensorOf, valueFor } from './backend.ts';
import type { Graph } from './graph.ts';
import { lossPorts } from './loss-ports.ts';
import { inputTensors, seen, traceSizes } from './trace.ts';

/** Records a loss and its gradients: weights are inputs, four-dimensional ones and their gradients OIHW. */
export const traceLoss = (spec: LossSpec, block?: number): Graph =>
  traceSizes(
    spec,
    (graph, sizes) => {
      const parameters = Object.entries(spec.weights).map(([name, weight]) => {
        const { order, shape } = seen(weight);
        return [name, tensorOf(graph.input(lossPorts.weight(name), shape, shape, 'float32', order))] as const;
      });
      const inputs = inputTensors(graph, spec.inputs, sizes);
      const {
        gradients,
        loss,
        outputs = {},
        updates = {},
      } = differentiate(spec, Object.fromEntries(parameters), inputs);
      graph.output(lossPorts.loss, valueFor(loss));
      for (const [name, tensor] of Object.entries(outputs)) graph.output(lossPorts.output(name), valueFor(tensor));
      for (const [name, tensor] of Object.entries(updates)) graph.output(lossPorts.update(name), valueFor(tensor));
      for (const [name, tensor] of Object.entries(gradients)) {
        graph.output(lossPorts.gradient(name), valueFor(tensor), seen(spec.weights[name]).order);
      }
    },
    block,
  );
