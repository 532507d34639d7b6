import { fileURLToPath } from 'node:url'
import { GlobalFonts } from '@napi-rs/canvas'

export type Weight = 500 | 700

interface FontFile {
  readonly family: string
  /** Below node_modules. Each is an exact dependency. */
  readonly path: string
  /** The characters that need it. */
  readonly scripts: RegExp
}

const everyText = /(?:)/u
const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u

/** In the order in which a character is looked for. */
const fontFiles: readonly FontFile[] = [
  ...(['500Medium', '700Bold'] as const).flatMap((weight) => [
    {
      family: 'Noto Sans KR',
      path: `@expo-google-fonts/noto-sans-kr/${weight}/NotoSansKR_${weight}.ttf`,
      scripts: everyText,
    },
    {
      family: 'Noto Sans Arabic',
      path: `@expo-google-fonts/noto-sans-arabic/${weight}/NotoSansArabic_${weight}.ttf`,
      scripts: /\p{Script=Arabic}/u,
    },
    {
      family: 'Noto Sans Hebrew',
      path: `@expo-google-fonts/noto-sans-hebrew/${weight}/NotoSansHebrew_${weight}.ttf`,
      scripts: /\p{Script=Hebrew}/u,
    },
  ]),
  {
    family: 'Noto Color Emoji',
    path: '@fontsource/noto-color-emoji/files/noto-color-emoji-emoji-400-normal.woff2',
    scripts: emoji,
  },
]

const families = [...new Set(fontFiles.map(({ family }) => `"${family}"`))].join(', ')

/** Loads the fonts that these texts need: those of emoji alone take 0.4 s of CPU. */
export function registerFonts(texts: readonly string[]): void {
  for (const { family, path, scripts } of fontFiles) {
    if (!texts.some((text) => scripts.test(text))) continue
    const file = fileURLToPath(new URL(`../../../node_modules/${path}`, import.meta.url))
    if (!GlobalFonts.registerFromPath(file, family)) throw new Error(`The font ${path} cannot be read.`)
  }
}

/** A font of the canvas. */
export function fontOf(weight: Weight, size: number): string {
  return `${weight} ${size}px ${families}`
}
