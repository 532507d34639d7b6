import type { SKRSContext2D } from '@napi-rs/canvas'
import { UnreadablePicture } from '../../../domains/videos/ports.ts'
import { formatColour, mix, type Palette, paletteOverPictures, parseColour } from '../colours.ts'
import { framesPerSecond, type Rect, type Size } from '../geometry.ts'
import { type Graph, overlay } from '../graph.ts'
import { paintCover, paintText } from '../paint.ts'
import { paintCaption } from '../paint-captions.ts'
import { fadeFrames, partsOf } from '../scene-frames.ts'
import { addProgressLine, progressLine } from './progress-line.ts'
import type { Part, SceneFrames, Template, TemplatePlan, VideoContent } from './template.ts'

interface Layout {
  readonly title: Rect
  readonly captions: Rect
  readonly attribution: Rect
  readonly titleSize: number
  readonly captionSize: number
}

function layoutOf({ width, height }: Size): Layout {
  if (height > width) {
    return {
      title: { x: 90, y: 520, width: 900, height: 720 },
      captions: { x: 60, y: 1270, width: 960, height: 320 },
      attribution: { x: 40, y: 1830, width: 1000, height: 60 },
      titleSize: 104,
      captionSize: 62,
    }
  }
  if (height === width) {
    return {
      title: { x: 80, y: 170, width: 920, height: 530 },
      captions: { x: 60, y: 726, width: 960, height: 250 },
      attribution: { x: 40, y: 1000, width: 1000, height: 56 },
      titleSize: 88,
      captionSize: 54,
    }
  }
  return {
    title: { x: 160, y: 270, width: 1600, height: 520 },
    captions: { x: 160, y: 740, width: 1600, height: 240 },
    attribution: { x: 60, y: 996, width: 1800, height: 60 },
    titleSize: 108,
    captionSize: 60,
  }
}

/** The title is shown this long at first, and then fades out. */
const titleFrames = 3.5 * framesPerSecond
const titleFadeFrames = 15
/** A picture grows by this much a second, and at most by the second number. */
const growth = { perSecond: 0.018, most: 0.14 }
/** Pictures are prepared this much larger than the video. */
const margin = 1 + growth.most

/** Pictures that move slowly, with cross-fades, captions and the photographers' names. */
export const slideshow: Template = {
  key: 'slideshow',
  needs: ['transcript', 'pictures'],
  ffmpegFilters: ['xfade'],
  colours: { background: '#0b0d12', text: '#ffffff', accent: '#ffd166' },
  cues: { columns: 46, hasEmphasis: false },
  plan(content) {
    const { size, cues, frames } = content
    const scenes = scenesOf(content)
    const palette = paletteOverPictures(content.colours.accent)
    const layout = layoutOf(size)
    const captions = layout.captions
    return {
      bars: null,
      parts: partsOf(scenes, frames),
      captions:
        cues.length === 0
          ? null
          : {
              area: captions,
              draw: (context, cue) =>
                paintCaption(context, cue, captions, {
                  ...{ weight: 700, colour: palette.text, align: 'center', anchor: 'bottom', palette },
                  ...{ maxSize: layout.captionSize, minSize: 34, lineHeight: 1.32, maxLines: 4 },
                  box: parseColour('#000000'),
                }),
            },
      stills: [
        ...scenes.flatMap((scene, at) => sceneStills(content, scene, at, layout)),
        {
          name: 'title',
          kind: 'transparent',
          size,
          draw(context) {
            // White over the lightest picture has a contrast of 5.7 with this scrim.
            const scrim = context.createLinearGradient(0, layout.title.y + layout.title.height, 0, layout.attribution.y)
            scrim.addColorStop(0, 'rgba(0, 0, 0, 0.6)')
            scrim.addColorStop(1, 'rgba(0, 0, 0, 0)')
            context.fillStyle = scrim
            context.fillRect(0, 0, size.width, size.height)
            const covered = paintText(context, content.title, layout.title, {
              ...{ weight: 700, colour: palette.text, align: 'center', anchor: 'middle' },
              ...{ maxSize: layout.titleSize, minSize: 30, lineHeight: 1.26, maxLines: 9 },
            })
            context.fillStyle = formatColour(palette.accent)
            context.fillRect(size.width / 2 - 44, covered.y - 44, 88, 10)
          },
        },
        progressLine.still(size, palette),
      ],
      compose(graph, part, streams) {
        let video = composeScenes(graph, scenes, part, size)
        if (part.startFrame === 0) video = addTitle(graph, video)
        if (streams.captions !== null) video = overlay(graph, video, streams.captions, captions)
        return addProgressLine(graph, video, size, frames, part)
      },
    } satisfies TemplatePlan
  },
}

/** Without a picture the background is shown as one. */
function scenesOf({ scenes, frames, backgroundFile }: VideoContent): readonly SceneFrames[] {
  if (scenes.length > 0) return scenes
  return [{ pictureFile: backgroundFile ?? '', attribution: null, startFrame: 0, endFrame: frames }]
}

function sceneStills(content: VideoContent, scene: SceneFrames, at: number, layout: Layout) {
  const { size, palette } = content
  const large = { width: size.width * margin, height: size.height * margin }
  const prepared = { width: 2 * Math.ceil(large.width / 2), height: 2 * Math.ceil(large.height / 2) }
  const picture = {
    name: `scene-${at}`,
    kind: 'photo' as const,
    size: prepared,
    async draw(context: SKRSContext2D, pictures: Parameters<TemplatePlan['stills'][number]['draw']>[1]) {
      if (scene.pictureFile === '') return paintWithoutPicture(context, prepared, palette)
      try {
        paintCover(context, await pictures.load(scene.pictureFile), prepared)
      } catch (error) {
        // A picture of a scene is no reason to fail: the scene has the template's colours instead.
        if (!(error instanceof UnreadablePicture)) throw error
        paintWithoutPicture(context, prepared, palette)
      }
    },
  }
  if (scene.attribution === null) return [picture]
  const { photographer, source } = scene.attribution
  return [
    picture,
    {
      name: `attribution-${at}`,
      kind: 'transparent' as const,
      size: layout.attribution,
      draw(context: SKRSContext2D) {
        const area = { ...layout.attribution, x: 0, y: 0 }
        paintCaption(
          context,
          { startSeconds: 0, endSeconds: 0, text: `${photographer} / ${source}`, emphasis: null },
          area,
          {
            ...{ weight: 500, colour: palette.text, align: 'center', anchor: 'middle', palette },
            ...{ maxSize: 28, minSize: 18, lineHeight: 1.4, maxLines: 1, box: parseColour('#000000') },
          },
        )
      },
    },
  ]
}

/** A gradient from the accent to the background. */
function paintWithoutPicture(context: SKRSContext2D, { width, height }: Size, { accent, background }: Palette): void {
  const gradient = context.createLinearGradient(0, 0, width, height)
  gradient.addColorStop(0, formatColour(accent))
  gradient.addColorStop(0.55, formatColour(mix(accent, background, 0.6)))
  gradient.addColorStop(1, formatColour(background))
  context.fillStyle = gradient
  context.fillRect(0, 0, width, height)
}

/** The scenes of a part, each moved, and cross-faded. A part begins while the scene before it fades out. */
function composeScenes(graph: Graph, all: readonly SceneFrames[], part: Part, size: Size): string {
  const scenes = all
    .map((scene, at) => ({ ...scene, at }))
    .filter(({ startFrame, endFrame }) => startFrame < part.endFrame && endFrame > part.startFrame)
  const [first, ...rest] = scenes.map((scene) => ({ ...scene, stream: moveScene(graph, scene, part, size) }))
  if (!first) throw new Error('A part of a slideshow has no scene.')
  return rest.reduce((video, { stream, startFrame }) => {
    const offset = (startFrame - part.startFrame) / framesPerSecond
    const fade = fadeFrames / framesPerSecond
    return graph.filter([video, stream], `xfade=transition=fade:duration=${fade}:offset=${offset.toFixed(6)}`)
  }, first.stream)
}

/** Frames of a scene as far as the part shows it. Pictures grow and shrink in turn. */
function moveScene(graph: Graph, scene: SceneFrames & { readonly at: number }, part: Part, size: Size): string {
  const skipped = Math.max(0, part.startFrame - scene.startFrame)
  const last = Math.min(scene.endFrame, part.endFrame) - scene.startFrame
  const length = scene.endFrame - scene.startFrame
  const share = Math.min(growth.most, (growth.perSecond * length) / framesPerSecond)
  const done = `(n+${skipped})/${length}`
  const grown = scene.at % 2 === 0 ? done : `(1-${done})`
  // Even steps, so that the middle of the picture stays where it is; in full colour resolution, or it would move by pixels.
  const width = `(${size.width}+2*trunc(${((size.width * share) / 2).toFixed(3)}*${grown}))`
  const height = `(2*ceil(${width}*${size.height / size.width}/2))`
  const picture = graph.still(`scene-${scene.at}`, { isFullColour: true })
  const trimmed = graph.filter([picture], `trim=end_frame=${last - skipped}`)
  const moved = graph.filter(
    [trimmed],
    [
      `scale=w='${width}':h='${height}':eval=frame:flags=bilinear`,
      `crop=${size.width}:${size.height}:x='(${width}-${size.width})/2':y='(${height}-${size.height})/2'`,
      'format=yuv420p',
    ].join(','),
  )
  return scene.attribution === null ? moved : addAttribution(graph, moved, scene.at, layoutOf(size).attribution)
}

function addAttribution(graph: Graph, video: string, at: number, area: Rect): string {
  return overlay(graph, video, graph.still(`attribution-${at}`), area)
}

function addTitle(graph: Graph, video: string): string {
  const title = graph.still('title')
  const shown = `trim=end_frame=${titleFrames},fade=type=out:start_frame=${titleFrames - titleFadeFrames}:nb_frames=${titleFadeFrames}:alpha=1`
  const faded = graph.filter([title], shown)
  return graph.filter([video, faded], 'overlay=format=yuv420:eof_action=pass')
}
