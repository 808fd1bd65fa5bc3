import { corpus, shard } from './corpus.ts';
import { declareCases } from './declare.ts';

declareCases(shard(corpus, 3, 4));
