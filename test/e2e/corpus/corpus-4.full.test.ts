import { rest, shard } from './corpus.ts';
import { declareCases } from './declare.ts';

declareCases(shard(rest, 4, 4));
