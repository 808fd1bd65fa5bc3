import { corpus, shard } from './corpus.ts';
import { declareCases } from './declare.ts';

declareCases(shard(corpus, 4, 4));
