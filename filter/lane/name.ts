import {isDigit} from "./bytes";

/** Characters that a lane name may have: a DNS label's. */
const LANE_MAX: u32 = 63;

/** Whether it is a lane name: `[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`. */
export function isLaneName(at: usize, length: u32): bool {
  if (length == 0 || length > LANE_MAX) return false;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (isDigit(byte) || <u8>(byte - 0x61) < 26) continue;
    if (byte != 0x2d || i == 0 || i == length - 1) return false;
  }
  return true;
}
