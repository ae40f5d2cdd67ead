/** Reads the edge's configuration from the tape. */

import {textAt, textLength} from "./bytes";
import {readCommon} from "./common";
import {complain, enterIndex, enterKey, leave} from "./complaint";
import {BUCKET_TABLE, EdgeConfiguration, Group, spanOf} from "./edge-configuration";
import {readGroup} from "./group-reader";
import {overlaps} from "./hosts";
import {kindOf, lengthOf, LIST, nextOf, OBJECT} from "./json";
import {booleanField, enterNeeded, enterField, fieldOf, isList, isObjectOf} from "./read";
import {keep, reserve} from "./writer";

/** Bytes that the groups of the tape need besides their entries. */
export function sizeOfGroups(): u32 {
  const groups = kindOf(0) == OBJECT ? fieldOf(0, text("groups")) : 0;
  const count = groups && kindOf(groups) == LIST ? lengthOf(groups) : 0;
  return <u32>min<u64>(<u64>count * (BUCKET_TABLE + 128), i32.MAX_VALUE);
}

/** Reads the tape into the block that is being written; false after a complaint. `issues`: the module can issue a cookie. */
export function readEdge(issues: bool): bool {
  const to = changetype<EdgeConfiguration>(reserve(offsetof<EdgeConfiguration>()));
  if (!isObjectOf(0, text("version header traceIds ttl slots stripped remember groups")) || !readCommon(0, to))
    return false;
  const stripped = booleanField(0, text("stripped"), true);
  if (stripped < 0) return false;
  to.stripped = stripped > 0;
  return keepAsked(to) && readRemember(to) && readGroups(to, issues);
}

const ASKED = text("-asked-baggage");

/** Bytes of `-baggage`: `HEADER-asked` is so much shorter than `HEADER-asked-baggage`. */
export const BAGGAGE_TAIL: u32 = 8;

function keepAsked(to: EdgeConfiguration): bool {
  to.askedAt = keep(to.headerAt, to.headerLength);
  to.askedLength = to.headerLength + textLength(ASKED);
  return to.askedAt != 0 && keep(textAt(ASKED), textLength(ASKED)) != 0;
}

function readRemember(to: EdgeConfiguration): bool {
  const remember = enterField(0, text("remember"));
  if (!remember) return true;
  if (!isObjectOf(remember, text("plainText"))) return false;
  const plainText = booleanField(remember, text("plainText"), false);
  to.remembers = true;
  to.plainText = plainText > 0;
  leave();
  return plainText >= 0;
}

function readGroups(to: EdgeConfiguration, issues: bool): bool {
  const list = enterNeeded(0, text("groups"));
  if (!list || !isList(list)) return false;
  let last: usize = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    const at = readGroup(item, issues);
    if (!at || !isApart(to, changetype<Group>(at))) return false;
    if (last) changetype<Group>(last).next = at;
    else to.groups = at;
    last = at;
    leave();
  }
  leave();
  return true;
}

/** Whether no group that was read before shares a host with this one. */
function isApart(to: EdgeConfiguration, group: Group): bool {
  enterKey(textAt(HOSTS), textLength(HOSTS));
  for (let at = to.groups; at; at = changetype<Group>(at).next) {
    const other = changetype<Group>(at);
    if (group.takesRest && other.takesRest) return complain(text("is missing: only one group may take the rest"));
    for (let i: u32 = 0; i < group.hostCount; i++) {
      enterIndex(i);
      if (hasOverlap(other, spanOf(group.hosts, i).at, spanOf(group.hosts, i).length)) {
        return complain(text("overlaps a host of another group"));
      }
      leave();
    }
  }
  leave();
  return true;
}

const HOSTS = text("hosts");

function hasOverlap(group: Group, at: usize, length: u32): bool {
  for (let i: u32 = 0; i < group.hostCount; i++) {
    if (overlaps(spanOf(group.hosts, i).at, spanOf(group.hosts, i).length, at, length)) return true;
  }
  return false;
}
