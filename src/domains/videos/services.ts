import { serviceKey } from '../../platform/services.ts'

/** The domain only declares an upload kind so far. */
export type VideosServices = Readonly<Record<string, never>>

export const videos = serviceKey<VideosServices>('videos')
