/** From the configuration that the host has to a flat block held for its root context. */

import {LOG_ERROR, OK, PLUGIN_CONFIGURATION, proxyGetBufferBytes} from "./host/abi";
import {lend, resetArena} from "./host/arena";
import {blockSize, freeBlock, takeBlock} from "./host/blocks";
import {lengthCell, pointerCell, resultLength, resultPointer} from "./host/result";
import {freeGoneRoots, holdRoot} from "./host/roots";
import {log} from "./host/system";
import {clearComplaint, complain, complainNumber, complaintAt, complaintLength} from "./lane/complaint";
import {countEntries, ENTRY, parseJson} from "./lane/json";
import {startWriting} from "./lane/writer";

/** Flat bytes that no entry of the tape exceeds, and the fixed part of a configuration. */
const FLAT_ENTRY: u32 = 32;
const FLAT_FIXED: u32 = 1024;

/** Entries whose tape still fits into the largest block. */
const MOST_ENTRIES: u32 = 1 << 23;

let textBlock: usize = 0;
let tapeBlock: usize = 0;
let flatBlock: usize = 0;
let entries: u32 = 0;

/** Gets and parses the configuration of a root context; false after a complaint. */
export function beginConfiguration(root: u32, size: u32): bool {
  resetArena();
  clearComplaint();
  textBlock = 0;
  tapeBlock = 0;
  flatBlock = 0;
  freeGoneRoots(root);
  if (!size) return complain(text("is empty; give a JSON object"));
  textBlock = takeBlock(size);
  if (!textBlock) return complain(text("does not fit into memory"));
  lend(textBlock, size);
  if (proxyGetBufferBytes(PLUGIN_CONFIGURATION, 0, size, pointerCell, lengthCell) != OK || resultLength() != size) {
    return complain(text("cannot be read from the host"));
  }
  return parse(resultPointer(), size);
}

function parse(at: usize, size: u32): bool {
  entries = countEntries(at, size);
  tapeBlock = entries <= MOST_ENTRIES ? takeBlock(entries * ENTRY) : 0;
  if (!tapeBlock) return complain(text("does not fit into memory"));
  const wrong = parseJson(at, size, tapeBlock, entries);
  return wrong < 0 ? true : complainNumber(text("is not JSON at byte "), wrong);
}

/** Takes the block of the flat form, with `extra` bytes besides what the entries of the tape need. */
export function beginFlat(extra: u32): bool {
  const size = <u64>blockSize(textBlock) + <u64>entries * FLAT_ENTRY + FLAT_FIXED + extra;
  flatBlock = size < <u64>i32.MAX_VALUE ? takeBlock(<u32>size) : 0;
  if (!flatBlock) return complain(text("does not fit into memory"));
  startWriting(flatBlock, <u32>size);
  return true;
}

/** Holds the flat form for the root context, or logs the complaint. Answers what `proxy_on_configure` answers. */
export function endConfiguration(root: u32, accepted: bool): u32 {
  if (!accepted) {
    endIdle();
    log(LOG_ERROR, complaintAt(), complaintLength());
    return 0;
  }
  freeBlock(textBlock);
  freeBlock(tapeBlock);
  holdRoot(root, flatBlock);
  return 1;
}

/** Accepts a configuration that nothing is held of: the root context leaves requests alone. */
export function endIdle(): u32 {
  freeBlock(textBlock);
  freeBlock(tapeBlock);
  freeBlock(flatBlock);
  return 1;
}
