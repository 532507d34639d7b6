/** Overrides, embeddings and isolates of the bidirectional algorithm, and their ends. */
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g

/** The name of a file without characters that change the order of the text around them: gpj.exe is shown as exe.jpg. */
export function withoutBidiControls(filename: string): string {
  return filename.replaceAll(bidiControls, '')
}
