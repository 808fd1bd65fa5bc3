import { rest, shard } from './corpus.ts';
import { declareCases } from './declare.ts';

declareCases(shard(rest, 3, 4));
