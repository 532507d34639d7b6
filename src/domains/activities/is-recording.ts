/** Whether a file starts like FIT, GPX or TCX. Needs its first 8 KiB. */
export function isRecording(start: Uint8Array): boolean {
  return isFit(start) || isXmlRecording(start)
}

/** The header of a FIT file is 12 or 14 bytes long and has '.FIT' at offset 8. */
function isFit(start: Uint8Array): boolean {
  return (start[0] === 12 || start[0] === 14) && Buffer.from(start.subarray(8, 12)).toString('latin1') === '.FIT'
}

/** GPX and TCX are recognised by the root element, which may follow a declaration and comments. */
function isXmlRecording(start: Uint8Array): boolean {
  const encoding = start[0] === 0xff && start[1] === 0xfe ? 'utf-16le' : start[0] === 0xfe ? 'utf-16be' : 'utf-8'
  const text = new TextDecoder(encoding).decode(start.subarray(0, 8192))
  return /^\s*</.test(text) && /<(?:[\w.-]+:)?(?:gpx|TrainingCenterDatabase)[\s>]/.test(text)
}
