/** Names of what goes into and comes out of the graph of a loss, besides the inputs. */
export const lossPorts = {
  weight: (name: string) => `weight/${name}`,
  loss: 'loss',
  output: (name: string) => `output/${name}`,
  update: (name: string) => `update/${name}`,
  gradient: (name: string) => `gradient/${name}`,
} as const;
