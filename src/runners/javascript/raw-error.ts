import { z } from 'zod';

/** An error as it left a test runner of JavaScript: absolute paths, colours, untrusted text. */
export interface RawError {
  readonly name: string;
  readonly message: string;
  readonly diff: string;
  readonly stack: string;
  readonly frames?: readonly RawFrame[] | undefined;
  readonly cause?: RawError | undefined;
}

const rawFrame = z.object({ file: z.string(), line: z.number(), column: z.number(), method: z.string() });
type RawFrame = Readonly<z.infer<typeof rawFrame>>;

export const rawError: z.ZodType<RawError> = z.lazy(() =>
  z.object({
    name: z.string(),
    message: z.string(),
    diff: z.string(),
    stack: z.string(),
    frames: z.array(rawFrame).optional(),
    cause: rawError.optional(),
  }),
);
