/** Reads which lane owns which sticky buckets: one table, so that a request costs one look. */

import {complain, enterIndex, leave} from "./complaint";
import {BUCKET_TABLE, Group, spanOf} from "./edge-configuration";
import {BUCKETS} from "./hash";
import {kindOf, lengthOf, LIST, nextOf} from "./json";
import {enterNeeded, isLane, isList, isObjectOf, readNumber} from "./read";
import {keepString, SPAN} from "./span";
import {reserve} from "./writer";

export function readBuckets(entry: u32, group: Group): bool {
  const list = enterNeeded(entry, text("buckets"));
  if (!list || !isList(list)) return false;
  const owners = lengthOf(list);
  if (owners > 65535) return complain(text("has too many lanes: at most 65535"));
  if (owners) {
    group.owners = reserve(owners * SPAN);
    group.buckets = reserve(BUCKET_TABLE);
    if (!group.owners || !group.buckets) return false;
  }
  let item = list + 1;
  for (let i: u32 = 0; i < owners; i++, item = nextOf(item)) {
    enterIndex(i);
    if (!readOwner(item, group, i)) return false;
    leave();
  }
  leave();
  return true;
}

function readOwner(entry: u32, group: Group, index: u32): bool {
  if (!isObjectOf(entry, text("lane runs"))) return false;
  const lane = enterNeeded(entry, text("lane"));
  if (!lane || !isLane(lane) || !keepString(spanOf(group.owners, index), lane)) return false;
  leave();
  const runs = enterNeeded(entry, text("runs"));
  if (!runs || !isList(runs)) return false;
  let run = runs + 1;
  for (let i: u32 = 0; i < lengthOf(runs); i++, run = nextOf(run)) {
    enterIndex(i);
    if (!readRun(run, group.buckets, index + 1)) return false;
    leave();
  }
  leave();
  return true;
}

function readRun(entry: u32, table: usize, owner: u32): bool {
  if (kindOf(entry) != LIST || lengthOf(entry) != 2) return complain(text("must be [first bucket, count]"));
  enterIndex(0);
  const first = readNumber(entry + 1, 0, BUCKETS - 1);
  if (first < 0) return false;
  leave();
  enterIndex(1);
  const count = readNumber(entry + 2, 1, BUCKETS - first);
  if (count < 0) return false;
  leave();
  for (let i: u32 = 0; i < <u32>count; i++) {
    const bucket = table + ((<u32>first + i) << 1);
    if (load<u16>(bucket)) return complain(text("overlaps another run"));
    store<u16>(bucket, <u16>owner);
  }
  return true;
}
