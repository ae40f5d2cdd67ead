/** Sets of pod labels in a configuration: an object of names and values, of which a pod has to have all. */

import {isDigit, same} from "./bytes";
import {complain, enterIndex, enterKey, leave} from "./complaint";
import {charactersOf, kindOf, lengthOf, nextOf, OBJECT, STRING} from "./json";
import {isList, isName} from "./read";

/** Longest name (a DNS name of 253, `/`, 63) and value that Kubernetes takes. */
const NAME_MAX: u32 = 317;
const VALUE_MAX: u32 = 63;

/** Whether it is a list of sets of labels. */
export function isListOfLabels(entry: u32): bool {
  if (!isList(entry)) return false;
  let item = entry + 1;
  for (let i: u32 = 0; i < lengthOf(entry); i++, item = nextOf(item)) {
    enterIndex(i);
    if (!isLabels(item)) return false;
    leave();
  }
  return true;
}

/** Whether it is a set of labels: at least one, none of them twice. */
export function isLabels(entry: u32): bool {
  if (kindOf(entry) != OBJECT) return complain(text("must be an object"));
  if (!lengthOf(entry)) return complain(text("must have at least one label"));
  const end = nextOf(entry);
  for (let key = entry + 1; key < end; key = nextOf(key + 1)) {
    enterKey(charactersOf(key), lengthOf(key));
    if (!isLabelName(key) || !isLabelValue(key + 1)) return false;
    for (let other = entry + 1; other < key; other = nextOf(other + 1)) {
      if (same(charactersOf(other), lengthOf(other), charactersOf(key), lengthOf(key))) {
        return complain(text("is given twice"));
      }
    }
    leave();
  }
  return true;
}

/** Whether it is the name of a label. */
export function isLabelName(entry: u32): bool {
  if (!isName(entry)) return false;
  if (isOfLabels(entry, NAME_MAX, 0x2f)) return true;
  return complain(text("must be a label's name: letters, digits, hyphens, _ . and /, at most 317"));
}

/** An empty value is one too. */
function isLabelValue(entry: u32): bool {
  if (kindOf(entry) != STRING) return complain(text("must be a string"));
  if (isOfLabels(entry, VALUE_MAX, 0x2e)) return true;
  return complain(text("must be a label's value: letters, digits, hyphens, _ and ., at most 63"));
}

/** Whether a string has but the characters of labels, and that `one` besides. */
function isOfLabels(entry: u32, most: u32, one: u8): bool {
  const length = lengthOf(entry);
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(charactersOf(entry) + i);
    if (isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 26) continue;
    if (byte != 0x2d && byte != 0x2e && byte != 0x5f && byte != one) return false;
  }
  return length <= most;
}
