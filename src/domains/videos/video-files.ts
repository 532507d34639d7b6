/** The keys of a video's files in the bucket consist of ids and numbers only. */
interface Attempt {
  readonly userId: string
  readonly id: string
  readonly attempt: number
}

export type VideoFile = 'video' | 'preview' | 'poster' | 'captions'

const types = {
  video: { name: 'video.mp4', contentType: 'video/mp4' },
  preview: { name: 'preview.mp4', contentType: 'video/mp4' },
  poster: { name: 'poster.jpg', contentType: 'image/jpeg' },
  captions: { name: 'captions.vtt', contentType: 'text/vtt; charset=utf-8' },
} as const satisfies Record<VideoFile, { readonly name: string; readonly contentType: string }>

export const videoFiles = Object.keys(types) as VideoFile[]

export function contentTypeOf(file: VideoFile): string {
  return types[file].contentType
}

/** Each attempt has files of its own, so that a late worker of an earlier one overwrites nothing. */
export function videoFileKey({ userId, id, attempt }: Attempt, file: VideoFile): string {
  return `videos/${userId}/${id}/${attempt}/${types[file].name}`
}

/** A picture of a scene. They are kept over attempts. */
export function pictureKey({ userId, id }: Omit<Attempt, 'attempt'>, scene: number): string {
  return `videos/${userId}/${id}/pictures/${scene}.jpg`
}

/** The name under which a browser saves a file: the title, and what the file is. */
export function downloadNameOf(title: string, file: VideoFile): string {
  const suffix = { video: '.mp4', preview: ' (preview).mp4', poster: '.jpg', captions: '.vtt' }[file]
  return `${title.replaceAll(/[/\\:*?"<>|\p{Cc}]/gu, ' ').trim() || 'video'}${suffix}`
}
