import { join } from 'node:path'
import type { VideoFormat } from '../../../generated/prisma/enums.ts'
import {
  type Attribution,
  type FoundPicture,
  type PictureOrientation,
  type Scene,
  type TimeRange,
  VendorRefused,
  type VideoPlan,
} from '../ports.ts'
import type { VideosServices } from '../services.ts'
import type { StoredScene } from '../step-results.ts'
import { pictureKey } from '../video-files.ts'
import { searchPictures } from './search-pictures.ts'
import type { StepsInput } from './steps-input.ts'
import { readObjectToFile, writeFromFile } from './transfer-files.ts'

const orientationOf: Readonly<Record<VideoFormat, PictureOrientation>> = {
  PORTRAIT_9_16: 'portrait',
  SQUARE: 'square',
  LANDSCAPE_16_9: 'landscape',
}

/**
 * Finds a picture for each scene, keeps it in the bucket and writes it to the folder. Scenes of an earlier attempt are read
 * from the bucket. A scene without a picture is shown with that of the scene before it.
 */
export async function fetchScenes(
  services: VideosServices,
  input: StepsInput,
  { plan, stored }: { readonly plan: VideoPlan; readonly stored: readonly StoredScene[] | null },
): Promise<Scene[]> {
  const known = stored && (await readStored(services, input, stored))
  if (known) return known
  const found = await findPictures(services, input, plan)
  const scenes: Scene[] = []
  for (const [index, { picture, ...scene }] of found.entries()) {
    const pictureFile = fileOf(input, index)
    await services.pictureSearch?.download(picture, pictureFile, { signal: input.lease.signal })
    const key = pictureKey(input.video, index)
    const file = { key, file: pictureFile, contentType: 'image/jpeg', name: `${index}.jpg` }
    await writeFromFile(services.bucket, file, input.lease.signal)
    scenes.push({ ...scene, pictureFile, attribution: attributionOf(picture) })
  }
  const kept = scenes.map(({ pictureFile: _, ...scene }) => scene)
  await input.lease.write({ scenes: JSON.parse(JSON.stringify(kept)) })
  return scenes
}

const fileOf = ({ folder }: StepsInput, index: number) => join(folder, `picture-${index}.jpg`)

async function readStored(
  { bucket }: VideosServices,
  input: StepsInput,
  stored: readonly StoredScene[],
): Promise<Scene[] | null> {
  const scenes: Scene[] = []
  for (const [index, scene] of stored.entries()) {
    const pictureFile = fileOf(input, index)
    const exists = await readObjectToFile(bucket, pictureKey(input.video, index), pictureFile, input.lease.signal)
    if (!exists) return null
    scenes.push({ ...scene, pictureFile })
  }
  return scenes
}

interface FoundScene extends TimeRange {
  readonly picture: FoundPicture
}

async function findPictures(
  services: VideosServices,
  { video, lease }: StepsInput,
  { scenes }: VideoPlan,
): Promise<FoundScene[]> {
  const { pictureSearch } = services
  if (!pictureSearch) throw new VendorRefused('Pexels', null, 'PEXELS_API_KEY is not set.')
  const orientation = orientationOf[video.format]
  const used = new Set<string>()
  const found: FoundScene[] = []
  for (const { keywords, startSeconds, endSeconds } of scenes) {
    const ports = { ...services, pictureSearch }
    const pictures = await searchPictures(ports, { keywords, orientation }, { signal: lease.signal })
    const picture = pictures.find(({ id }) => !used.has(id)) ?? pictures[0]
    const before = found.at(-1)
    if (picture) {
      used.add(picture.id)
      found.push({ startSeconds, endSeconds, picture })
    } else if (before) {
      found[found.length - 1] = { ...before, endSeconds }
    }
  }
  const [first] = found
  if (!first) throw new VendorRefused('Pexels', null, 'No picture was found for any scene.')
  // Scenes at the start without a picture are shown with the first one.
  return [{ ...first, startSeconds: 0 }, ...found.slice(1)]
}

function attributionOf({ photographer, photographerUrl, sourceUrl, source }: FoundPicture): Attribution {
  return { photographer, photographerUrl, sourceUrl, source }
}
