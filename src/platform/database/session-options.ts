/**
 * Options of every connection that goes to Postgres itself. Without JIT: Postgres compiles a statement when it expects a
 * high cost, and its estimates for parameters it does not know are high. A RevenueCat event took 0.5 s, nearly all of it
 * compiling, on 20 million activities; our statements read few rows, and none gains by it.
 *
 * A pooler refuses options; there ALTER ROLE sets it (docs/operations.md), and `doctor` checks it.
 */
export const sessionOptions = '-c jit=off'
