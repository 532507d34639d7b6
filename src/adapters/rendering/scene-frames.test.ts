import { expect, it } from 'vitest'
import type { Scene } from '../../domains/videos/ports.ts'
import { createSceneFrames, fadeFrames, partsOf } from './scene-frames.ts'

const scene = (startSeconds: number, endSeconds: number): Scene => ({
  startSeconds,
  endSeconds,
  pictureFile: `${startSeconds}.jpg`,
  attribution: null,
})

it('covers the video from its first to its last frame, each scene fading to the next', () => {
  const scenes = createSceneFrames([scene(4, 6), scene(1, 3)], 300)
  expect(scenes.map(({ pictureFile }) => pictureFile)).toEqual(['1.jpg', '4.jpg'])
  expect(scenes[0]).toMatchObject({ startFrame: 0, endFrame: 120 + fadeFrames / 2 })
  expect(scenes[1]).toMatchObject({ startFrame: 120 - fadeFrames / 2, endFrame: 300 })
})

it('leaves out scenes that are too short or begin at the end', () => {
  const scenes = createSceneFrames([scene(0, 3), scene(0.5, 3), scene(3, 9.9), scene(9.5, 10), scene(20, 30)], 300)
  expect(scenes.map(({ pictureFile }) => pictureFile)).toEqual(['0.jpg', '3.jpg'])
})

it('divides many scenes to parts without gaps that begin with a fade', () => {
  const scenes = createSceneFrames(
    Array.from({ length: 11 }, (_, at) => scene(at * 2, at * 2 + 2)),
    660,
  )
  const parts = partsOf(scenes, 660)
  expect(parts).toEqual([
    { startFrame: 0, endFrame: 231 },
    { startFrame: 231, endFrame: 471 },
    { startFrame: 471, endFrame: 660 },
  ])
  for (const { startFrame } of parts.slice(1)) expect(scenes.some((one) => one.startFrame === startFrame)).toBe(true)
})
