import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { agentEvent } from '../../src/cli/schemas/events.ts';
import type { AgentEvent } from '../../src/events.ts';

/** Without `readonly`, all the way down, and intersections as one. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Plain<T[Name]> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type Told = Plain<AgentEvent>;
type Described = Plain<z.infer<typeof agentEvent>>;
type Types = Told['type'] | Described['type'];
/** The events that the schema describes otherwise, or not at all. */
type Different = {
  [Type in Types]: Same<Extract<Told, { type: Type }>, Extract<Described, { type: Type }>> extends true ? never : Type;
}[Types];

test('the schema of events describes every event, and just so (the types are compared)', () => {
  expectTypeOf<Different>().toEqualTypeOf<never>();
  expectTypeOf<Types>().toEqualTypeOf<AgentEvent['type']>();
});
