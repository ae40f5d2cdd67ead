/** Reads a group of the edge's configuration from the tape. */

import {find, isText, textAt, textLength, wordIndex} from "./bytes";
import {readBuckets} from "./bucket-reader";
import {complain, enterIndex, enterKey, leave} from "./complaint";
import {readCondition} from "./condition-reader";
import {BY_HEADER, BY_HOST, BY_ISSUE, BY_QUERY, Group, Rule, SOURCES, Way} from "./edge-configuration";
import {seedOf} from "./hash";
import {isHostPattern} from "./hosts";
import {charactersOf, lengthOf, nextOf} from "./json";
import {enterField, enterNeeded, isCookieName, isHeaderName, isLane, isList, isName, isObjectOf} from "./read";
import {keepString, Span, SPAN} from "./span";
import {keep, reserve} from "./writer";

/** The flat group, 0 after a complaint. `issues`: the module can issue a cookie. */
export function readGroup(entry: u32, issues: bool): usize {
  if (!isObjectOf(entry, text("name hosts ask rules sticky buckets"))) return 0;
  const at = reserve(offsetof<Group>());
  if (!at) return 0;
  const group = changetype<Group>(at);
  const name = enterNeeded(entry, text("name"));
  if (!name || !isName(name)) return 0;
  group.seed = seedOf(charactersOf(name), lengthOf(name));
  leave();
  const read =
    readHosts(entry, group) &&
    readAsk(entry, group) &&
    readRules(entry, group) &&
    readSticky(entry, group, issues) &&
    readBuckets(entry, group);
  return read ? at : 0;
}

function readHosts(entry: u32, group: Group): bool {
  const list = enterField(entry, text("hosts"));
  group.takesRest = !list;
  if (!list) return true;
  if (!isList(list)) return false;
  group.hostCount = lengthOf(list);
  group.hosts = reserve(group.hostCount * SPAN);
  if (!group.hosts) return false;
  let item = list + 1;
  for (let i: u32 = 0; i < group.hostCount; i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isName(item)) return false;
    if (!isHostPattern(charactersOf(item), lengthOf(item))) {
      return complain(text("must be a host in lower case, with at most one *"));
    }
    if (!keepString(changetype<Span>(group.hosts + i * SPAN), item)) return false;
    leave();
  }
  leave();
  return true;
}

function readAsk(entry: u32, group: Group): bool {
  const list = enterNeeded(entry, text("ask"));
  if (!list || !isList(list)) return false;
  let last: usize = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    const at = readWay(item);
    if (!at) return false;
    if (last) changetype<Way>(last).next = at;
    else group.ask = at;
    last = at;
    leave();
  }
  leave();
  return true;
}

function readWay(entry: u32): usize {
  if (!isObjectOf(entry, text("host header cookie query grant"))) return 0;
  const at = reserve(offsetof<Way>());
  if (!at) return 0;
  const way = changetype<Way>(at);
  const grant = enterNeeded(entry, text("grant"));
  if (!grant) return 0;
  way.grant = readCondition(grant, 1);
  if (!way.grant) return 0;
  leave();
  if (lengthOf(entry) != 2) {
    complain(text("must have exactly one of host, header, cookie, query beside its grant"));
    return 0;
  }
  const first = entry + 1;
  const key = isText(charactersOf(first), lengthOf(first), text("grant")) ? nextOf(first + 1) : first;
  return readSource(way, key) ? at : 0;
}

/** The source of a way or a sticky key: the key at `key` and the name that is its value. */
function readSource(way: Way, key: u32): bool {
  const value = key + 1;
  enterKey(charactersOf(key), lengthOf(key));
  way.source = wordIndex(SOURCES, charactersOf(key), lengthOf(key));
  if (way.source == BY_HOST) return readTemplate(way, value);
  const named =
    way.source == BY_HEADER ? isHeaderName(value) : way.source == BY_QUERY ? isName(value) : isCookieName(value);
  if (!named) return false;
  way.nameLength = lengthOf(value);
  way.nameAt = keep(charactersOf(value), way.nameLength);
  leave();
  return way.nameAt != 0;
}

const LANE = text("{lane}");

/** Keeps `PREFIX{lane}SUFFIX` as the pattern `PREFIX*SUFFIX`. */
function readTemplate(way: Way, entry: u32): bool {
  if (!isName(entry)) return false;
  const at = charactersOf(entry);
  const length = lengthOf(entry);
  const end = at + length;
  const brace = find(at, end, 0x7b);
  const word = textLength(LANE);
  if (<u32>(end - brace) < word || !isText(brace, word, LANE) || find(at, end, 0x2a) < end) return isTemplate(false);
  const nameAt = keep(at, <u32>(brace - at));
  if (!nameAt || !keep(textAt(STAR), 1) || !keep(brace + word, <u32>(end - brace) - word)) return false;
  way.nameAt = nameAt;
  way.nameLength = length - word + 1;
  if (find(brace + word, end, 0x7b) < end || !isHostPattern(nameAt, way.nameLength)) return isTemplate(false);
  leave();
  return true;
}

const STAR = text("*");

function isTemplate(valid: bool): bool {
  return valid || complain(text("must be a host in lower case with {lane} once, such as {lane}.shop.example.com"));
}

function readRules(entry: u32, group: Group): bool {
  const list = enterNeeded(entry, text("rules"));
  if (!list || !isList(list)) return false;
  let last: usize = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    const at = readRule(item);
    if (!at) return false;
    if (last) changetype<Rule>(last).next = at;
    else group.rules = at;
    last = at;
    leave();
  }
  leave();
  return true;
}

function readRule(entry: u32): usize {
  if (!isObjectOf(entry, text("lane when"))) return 0;
  const at = reserve(offsetof<Rule>());
  if (!at) return 0;
  const rule = changetype<Rule>(at);
  const lane = enterNeeded(entry, text("lane"));
  if (!lane || !isLane(lane)) return 0;
  rule.laneLength = lengthOf(lane);
  rule.laneAt = keep(charactersOf(lane), rule.laneLength);
  leave();
  const when = enterNeeded(entry, text("when"));
  if (!when || !rule.laneAt) return 0;
  rule.when = readCondition(when, 1);
  leave();
  return rule.when ? at : 0;
}

function readSticky(entry: u32, group: Group, issues: bool): bool {
  const list = enterNeeded(entry, text("sticky"));
  if (!list || !isList(list)) return false;
  let last: usize = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    const at = readKey(item, issues, i + 1 == lengthOf(list));
    if (!at) return false;
    if (last) changetype<Way>(last).next = at;
    else group.sticky = at;
    last = at;
    leave();
  }
  leave();
  return true;
}

function readKey(entry: u32, issues: bool, isLast: bool): usize {
  if (!isObjectOf(entry, text("header cookie query issue"))) return 0;
  if (lengthOf(entry) != 1) {
    complain(text("must have exactly one key"));
    return 0;
  }
  const at = reserve(offsetof<Way>());
  if (!at || !readSource(changetype<Way>(at), entry + 1)) return 0;
  if (changetype<Way>(at).source != BY_ISSUE || (issues && isLast)) return at;
  enterKey(charactersOf(entry + 1), lengthOf(entry + 1));
  complain(issues ? text("must be the last key") : text("needs the module edge-response"));
  return 0;
}
