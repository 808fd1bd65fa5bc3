import { mkdtempSync, rmSync, realpathSync } from 'node:fs';
import { play } from './play.ts';
import { mendDiscount, smallDiscount, wrongTotal } from './cases/shop.ts';
import { prepare } from './situation.ts';
import { edit } from './operations.ts';
let t = performance.now();
const p = await prepare(smallDiscount);
console.log('prepared', performance.now()-t, p.regression.map(x=>x.id));
for (const c of [{situation: smallDiscount, fix:[mendDiscount]}, {situation: smallDiscount, fix: [edit('test/discount.test.ts','1_000','100')]}] ) {
 const f = realpathSync(mkdtempSync('/tmp/mendwatch-x-'));
 t = performance.now();
 console.log(await play({family:'x',name:'x',expected:{kind:'landed'},...c}, f), performance.now()-t);
 rmSync(f,{recursive:true});
}
