import { fileURLToPath } from 'node:url'
import { GlobalFonts } from '@napi-rs/canvas'

export type Weight = 500 | 700

interface FontFile {
  readonly family: string
  /** A URL. */
  readonly file: string
  /** The characters that need it. */
  readonly scripts: RegExp
}

const everyText = /(?:)/u
const arabic = /\p{Script=Arabic}/u
const hebrew = /\p{Script=Hebrew}/u
const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u

/** In the order in which a character is looked for. Each package is an exact dependency. */
const fontFiles: readonly FontFile[] = [
  {
    family: 'Noto Sans KR',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-kr/500Medium/NotoSansKR_500Medium.ttf'),
    scripts: everyText,
  },
  {
    family: 'Noto Sans KR',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-kr/700Bold/NotoSansKR_700Bold.ttf'),
    scripts: everyText,
  },
  {
    family: 'Noto Sans Arabic',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-arabic/500Medium/NotoSansArabic_500Medium.ttf'),
    scripts: arabic,
  },
  {
    family: 'Noto Sans Arabic',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-arabic/700Bold/NotoSansArabic_700Bold.ttf'),
    scripts: arabic,
  },
  {
    family: 'Noto Sans Hebrew',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-hebrew/500Medium/NotoSansHebrew_500Medium.ttf'),
    scripts: hebrew,
  },
  {
    family: 'Noto Sans Hebrew',
    file: import.meta.resolve('@expo-google-fonts/noto-sans-hebrew/700Bold/NotoSansHebrew_700Bold.ttf'),
    scripts: hebrew,
  },
  {
    family: 'Noto Color Emoji',
    file: import.meta.resolve('@fontsource/noto-color-emoji/files/noto-color-emoji-emoji-400-normal.woff2'),
    scripts: emoji,
  },
]

const families = [...new Set(fontFiles.map(({ family }) => `"${family}"`))].join(', ')

/** Loads the fonts that these texts need: those of emoji alone take 0.4 s of CPU. */
export function registerFonts(texts: readonly string[]): void {
  for (const { family, file, scripts } of fontFiles) {
    if (!texts.some((text) => scripts.test(text))) continue
    if (!GlobalFonts.registerFromPath(fileURLToPath(file), family)) throw new Error(`The font ${file} cannot be read.`)
  }
}

/** A font of the canvas. */
export function fontOf(weight: Weight, size: number): string {
  return `${weight} ${size}px ${families}`
}
