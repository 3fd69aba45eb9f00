/** Processors that a rank may use, and those of its machine. */
export interface RankProcessors {
  readonly usable: number;
  readonly ofMachine: number;
}

/**
 * Open MPI binds each rank to one core where they are two, and where they are more to a part of the machine: all threads of a rank share that.
 *
 * @param threads - that the rank is to have; its share of the machine if omitted
 * @returns what to do, where the rank has fewer processors than its threads and its share of the machine
 */
export function bindingMessage(
  { usable, ofMachine }: RankProcessors,
  threads = ofMachine,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (variables.OMPI_MCA_orte_bound_at_launch === undefined) return undefined;
  const ranksHere = Number(variables.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1);
  const wanted = Math.min(threads, Math.floor(ofMachine / ranksHere));
  if (usable >= wanted) return undefined;
  return `mpirun has bound this rank to ${usable} of the ${ofMachine} processors of its machine, which all its threads share; start it by mpirun --bind-to none`;
}
