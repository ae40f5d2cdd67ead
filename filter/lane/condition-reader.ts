/** Reads conditions from the tape into their flat form. */

import {CIDR, readCidr} from "./address";
import {textAt, textLength, wordIndex} from "./bytes";
import {complain, enterIndex, enterKey, leave} from "./complaint";
import {
  ALL,
  ANY,
  ANYONE,
  Condition,
  COOKIE,
  FROM,
  HEADER,
  IN,
  KINDS,
  METHOD,
  NOT,
  OPERATORS,
  PRESENT,
  QUERY,
  TIME,
} from "./condition";
import {charactersOf, kindOf, lengthOf, nextOf, OBJECT, STRING, TRUE} from "./json";
import {enterNeeded, isCookieName, isHeaderName, isList, isName, isObjectOf, numberField, readBoolean} from "./read";
import {keepString, Span, SPAN} from "./span";
import {keep, reserve} from "./writer";

const DEEPEST: u32 = 16;
const LAST_SECOND: i64 = 1000000000000;
const METHOD_NAME = text(":method");

/** The flat condition, 0 after a complaint. */
export function readCondition(entry: u32, depth: u32): usize {
  if (kindOf(entry) != OBJECT) return refuse(text("must be an object"));
  if (depth > DEEPEST) return refuse(text("is nested too deep: at most 16"));
  if (lengthOf(entry) != 1) return refuse(text("must have exactly one key"));
  const key = entry + 1;
  const kind = wordIndex(KINDS, charactersOf(key), lengthOf(key));
  enterKey(charactersOf(key), lengthOf(key));
  if (kind < 0) return refuse(text("is no condition that is known"));
  const at = reserve(offsetof<Condition>());
  if (!at) return 0;
  const condition = changetype<Condition>(at);
  condition.kind = kind;
  if (!readContent(condition, key + 1, depth)) return 0;
  leave();
  return at;
}

function refuse(cause: usize): usize {
  complain(cause);
  return 0;
}

function readContent(condition: Condition, value: u32, depth: u32): bool {
  switch (condition.kind) {
    case ALL:
    case ANY:
      return readList(condition, value, depth);
    case NOT:
      condition.child = readCondition(value, depth + 1);
      return condition.child != 0;
    case ANYONE:
      return kindOf(value) == TRUE ? true : complain(text("must be true"));
    case FROM:
      return readFrom(condition, value);
    case TIME:
      return readTime(condition, value);
    case METHOD:
      condition.nameAt = textAt(METHOD_NAME);
      condition.nameLength = textLength(METHOD_NAME);
      break;
    case HEADER:
    case QUERY:
    case COOKIE:
      return readNamed(condition, value);
  }
  return readOperator(condition, value, false);
}

function readList(condition: Condition, list: u32, depth: u32): bool {
  if (!isList(list)) return false;
  let last: usize = 0;
  let item = list + 1;
  for (let i: u32 = 0; i < lengthOf(list); i++, item = nextOf(item)) {
    enterIndex(i);
    const child = readCondition(item, depth + 1);
    if (!child) return false;
    if (last) changetype<Condition>(last).next = child;
    else condition.child = child;
    last = child;
    leave();
  }
  return true;
}

function readFrom(condition: Condition, list: u32): bool {
  if (!isList(list)) return false;
  condition.count = lengthOf(list);
  condition.values = reserve(condition.count * CIDR);
  if (!condition.values) return false;
  let item = list + 1;
  for (let i: u32 = 0; i < condition.count; i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isName(item)) return false;
    if (!readCidr(charactersOf(item), lengthOf(item), condition.values + i * CIDR)) {
      return complain(text("must be a CIDR such as 10.0.0.0/8 or 2001:db8::/32"));
    }
    leave();
  }
  return true;
}

function readTime(condition: Condition, value: u32): bool {
  if (!isObjectOf(value, text("after before"))) return false;
  condition.values = reserve(16);
  if (!condition.values) return false;
  const after = numberField(value, text("after"), 0, LAST_SECOND, 0);
  const before = numberField(value, text("before"), 0, LAST_SECOND, i64.MAX_VALUE);
  store<i64>(condition.values, after);
  store<i64>(condition.values, before, 8);
  return after >= 0 && before >= 0;
}

function readNamed(condition: Condition, value: u32): bool {
  if (kindOf(value) != OBJECT) return complain(text("must be an object"));
  const name = enterNeeded(value, text("name"));
  if (!name) return false;
  if (condition.kind == HEADER ? !isHeaderName(name) : condition.kind == COOKIE ? !isCookieName(name) : !isName(name)) {
    return false;
  }
  condition.nameLength = lengthOf(name);
  condition.nameAt = keep(charactersOf(name), condition.nameLength);
  if (!condition.nameAt) return false;
  leave();
  return readOperator(condition, value, true);
}

/** Exactly one operator, beside a name where there is one. */
function readOperator(condition: Condition, value: u32, named: bool): bool {
  const fields = named ? text("name exact prefix suffix contains in present") : OPERATORS;
  if (!isObjectOf(value, fields)) return false;
  if (lengthOf(value) != (named ? 2 : 1)) return complain(text("must have exactly one operator"));
  let key = value + 1;
  let operator = wordIndex(OPERATORS, charactersOf(key), lengthOf(key));
  if (operator < 0) {
    key = nextOf(key + 1);
    operator = wordIndex(OPERATORS, charactersOf(key), lengthOf(key));
  }
  condition.operator = operator;
  enterKey(charactersOf(key), lengthOf(key));
  if (!readOperand(condition, key + 1)) return false;
  leave();
  return true;
}

function readOperand(condition: Condition, value: u32): bool {
  if (condition.operator == PRESENT) {
    const present = readBoolean(value);
    condition.count = present > 0 ? 1 : 0;
    return present >= 0;
  }
  if (condition.operator != IN) {
    condition.count = 1;
    condition.values = reserve(SPAN);
    return condition.values != 0 && readString(condition, 0, value);
  }
  if (!isList(value)) return false;
  condition.count = lengthOf(value);
  condition.values = reserve(condition.count * SPAN);
  if (!condition.values) return false;
  let item = value + 1;
  for (let i: u32 = 0; i < condition.count; i++, item = nextOf(item)) {
    enterIndex(i);
    if (!readString(condition, i, item)) return false;
    leave();
  }
  return true;
}

function readString(condition: Condition, index: u32, value: u32): bool {
  if (kindOf(value) != STRING) return complain(text("must be a string"));
  return keepString(changetype<Span>(condition.values + index * SPAN), value);
}
