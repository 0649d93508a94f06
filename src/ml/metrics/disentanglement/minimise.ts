const memory = 10;

/**
 * Minimises a smooth convex function by L-BFGS with a backtracking line search (Nocedal and Wright, Numerical Optimization, algorithm 7.4).
 * @param f gives the value at a point and writes its gradient
 * @returns where no component of the gradient is above `tolerance` times the one at the start, or after `steps`
 */
export function minimise(f: (at: Float64Array, gradient: Float64Array) => number, start: Float64Array, { steps = 200, tolerance = 1e-5 } = {}): Float64Array {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = f(x, gradient);
  const enough = tolerance * largest(gradient);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let step = 0; step < steps && largest(gradient) > enough; step += 1) {
    const direction = gradient.map((g) => -g);
    const alphas = pairs.map(() => 0);
    for (let i = pairs.length - 1; i >= 0; i -= 1) {
      const { s, y, rho } = pairs[i] as (typeof pairs)[number];
      alphas[i] = rho * dot(s, direction);
      addScaled(direction, -(alphas[i] as number), y);
    }
    const last = pairs.at(-1);
    const scale = last ? 1 / (last.rho * dot(last.y, last.y)) : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
    for (let i = 0; i < direction.length; i += 1) direction[i] = (direction[i] as number) * scale;
    pairs.forEach(({ s, y, rho }, i) => addScaled(direction, (alphas[i] as number) - rho * dot(y, direction), s));

    const slope = dot(gradient, direction);
    if (slope >= 0) break;
    let length = 1;
    let next = x;
    const nextGradient = new Float64Array(x.length);
    let nextValue = Infinity;
    for (let halvings = 0; halvings < 40; halvings += 1, length /= 2) {
      next = x.map((at, i) => at + length * (direction[i] as number));
      nextValue = f(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    if (!(nextValue < value)) break;
    const s = next.map((at, i) => at - (x[i] as number));
    const y = nextGradient.map((g, i) => g - (gradient[i] as number));
    const curvature = dot(s, y);
    if (curvature > 1e-12) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    [x, gradient, value] = [next, nextGradient, nextValue];
  }
  return x;
}

const largest = (vector: Float64Array): number => vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const addScaled = (to: Float64Array, scale: number, from: Float64Array): void => from.forEach((value, i) => (to[i] = (to[i] as number) + scale * value));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
