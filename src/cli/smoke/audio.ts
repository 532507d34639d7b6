const sampleRate = 8_000
const headerBytes = 44

/** A WAV file of one second: a tone of 220 Hz. */
export function makeAudio(): Uint8Array<ArrayBuffer> {
  const dataBytes = sampleRate * 2
  const file = new DataView(new ArrayBuffer(headerBytes + dataBytes))
  const write = (at: number, text: string) => {
    for (let index = 0; index < text.length; index++) file.setUint8(at + index, text.charCodeAt(index))
  }
  write(0, 'RIFF')
  file.setUint32(4, headerBytes - 8 + dataBytes, true)
  write(8, 'WAVEfmt ')
  file.setUint32(16, 16, true)
  // PCM with one channel of 16 bits.
  file.setUint16(20, 1, true)
  file.setUint16(22, 1, true)
  file.setUint32(24, sampleRate, true)
  file.setUint32(28, sampleRate * 2, true)
  file.setUint16(32, 2, true)
  file.setUint16(34, 16, true)
  write(36, 'data')
  file.setUint32(40, dataBytes, true)
  for (let at = 0; at < sampleRate; at++) {
    const sample = 0.4 * Math.sin((2 * Math.PI * 220 * at) / sampleRate)
    file.setInt16(headerBytes + at * 2, Math.round(sample * 32_767), true)
  }
  return new Uint8Array(file.buffer)
}
