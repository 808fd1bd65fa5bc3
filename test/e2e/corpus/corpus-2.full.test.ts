import { corpus, shard } from './corpus.ts';
import { declareCases } from './declare.ts';

declareCases(shard(corpus, 2, 4));
