import fs from 'node:fs';
import {sheetOf,problemsOf,sameContent} from '/work/main/src/state/sheet.ts';
import {trimmed} from '/work/main/src/state/trim.ts';
const text=fs.readFileSync('/tmp/zt/st.json','utf8');const doc=JSON.parse(text);
const sh=sheetOf(doc);let q;
const cases={whole:()=>JSON.stringify(doc),fresh:()=>JSON.stringify(JSON.parse(text)),sheet:()=>sheetOf(doc),byteLen:()=>Buffer.byteLength(sheetOf(doc).text),trimmed:()=>trimmed(doc),same:()=>sameContent(sh,q??=sheetOf(doc)),prob:()=>problemsOf(doc,q,sh),buf:()=>Buffer.from(text),
 parts:()=>{for(const v of Object.values(doc))JSON.stringify(v)}, parts2:()=>{for(const v of Object.values(doc.queues))JSON.stringify(v)}};
const res={};
for(let i=0;i<300;i++)for(const n in cases){const t=performance.now();cases[n]();(res[n]??=[]).push(performance.now()-t)}
for(const n in res){const a=res[n].slice(50).sort((x,y)=>x-y);console.log(n.padEnd(12),a[a.length>>1].toFixed(3),a[a.length>>2].toFixed(3))}
