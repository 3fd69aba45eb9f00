/** Milliseconds of processor time that this process has taken, all its threads together: other programs do not add to it. */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
