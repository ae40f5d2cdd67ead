const steering = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+/gu;

/** Whether a terminal shows the text as it is: no control characters, no change of direction, one line. */
export function isPrintable(text: string): boolean {
  return text.search(steering) < 0;
}

/** Text of somebody else, for a message. */
export function printable(text: string): string {
  return text.replace(steering, " ");
}
