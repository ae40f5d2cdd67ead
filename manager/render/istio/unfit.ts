import type {IstioObject, IstioOptions, Notice} from "./options.ts";
import {purposes, tooLarge} from "./own-object.ts";
import {tooNew} from "./too-new.ts";

/** What keeps an object from being written, if anything does. */
export function unfit(object: IstioObject, {version, obstacle}: IstioOptions): Notice | undefined {
  const notice = tooLarge(object) ?? tooNew(object, version) ?? obstacle?.(object);
  return notice && {...notice, concerns: purposes(object)};
}
