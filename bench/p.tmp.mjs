import {systemClock} from '/work/main/src/clock.ts';
import {applySteps} from '/work/main/src/state/commit.ts';
import {sheetOf} from '/work/main/src/state/sheet.ts';
import {stateSchema} from '/work/main/src/state/schema.ts';
import {trimmed} from '/work/main/src/state/trim.ts';
import {replaceFile,keepLastGood,fileMark} from '/work/main/src/state/disk.ts';
import {FileLock} from '/work/main/src/state/lock.ts';
import lockfile from 'proper-lockfile';
import w from 'write-file-atomic';
import fs from 'node:fs';
const text=fs.readFileSync('/tmp/zt/st.json','utf8');
fs.rmSync('/tmp/zt/s',{recursive:true,force:true});fs.mkdirSync('/tmp/zt/s');
const f='/tmp/zt/s/a.json', g='/tmp/zt/s/b.json', h='/tmp/zt/s/c.json';
const lock=new FileLock({file:f,lockFile:f+'.lock',clock:systemClock});
const doc=JSON.parse(text);
const SH=sheetOf(doc);let rev=1;
const cases={
 apply:()=>applySteps(SH,[{change:d=>{d.statistics.tasks_processed++}}],rev++),
 parse:()=>JSON.parse(text), trim:()=>trimmed(doc), zod:()=>stateSchema.safeParse(doc),
 lock:async()=>{const l=await lock.take();await l.release()},
 lockplain:async()=>{const l=await lockfile.lock(h,{realpath:false});await l()},
 replace:()=>replaceFile(f,text,()=>{}),
 replacebak:()=>replaceFile(g,text,()=>{if(fs.existsSync(g))keepLastGood(g)}),
 libplain:()=>w(h,text,{}),
 readfile:()=>fs.promises.readFile(h,'utf8'),
};
const res={};
await cases.libplain();
for(let i=0;i<150;i++)for(const n in cases){const t=performance.now();await cases[n]();(res[n]??=[]).push(performance.now()-t)}
for(const n in res){const a=res[n].slice(20).sort((x,y)=>x-y);console.log(n.padEnd(12),a[a.length>>1].toFixed(2),a[a.length>>2].toFixed(2))}
