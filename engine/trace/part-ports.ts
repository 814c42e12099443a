/** Names of the inputs and outputs of a training part's graphs. */
export const partPorts = {
  weight: (name: string) => `weight/${name}`,
  input: (name: string) => `input/${name}`,
  output: (name: string) => `output/${name}`,
  update: (name: string) => `update/${name}`,
  cotangent: (name: string) => `cotangent/${name}`,
  weightGradient: (name: string) => `weight_gradient/${name}`,
  inputGradient: (name: string) => `input_gradient/${name}`,
} as const;

/** The values of one kind of port, by their names within the kind. */
export function portsOfKind<T>(kind: keyof typeof partPorts, values: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = partPorts[kind]('');
  const entries = Object.entries(values).filter(([port]) => port.startsWith(prefix));
  return Object.fromEntries(entries.map(([port, value]) => [port.slice(prefix.length), value]));
}
