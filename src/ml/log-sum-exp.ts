/** ln of the sum of e^x. The largest is found first, so that no exponential overflows and none of what counts is lost. */
export function logSumExp(logs: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < logs.length; i += 1) largest = Math.max(largest, logs[i] as number);
  if (largest === -Infinity) return largest;
  let sum = 0;
  for (let i = 0; i < logs.length; i += 1) sum += Math.exp((logs[i] as number) - largest);
  return largest + Math.log(sum);
}
