// A program: `npm run bench -- video-hour` runs it.
import { measureHour } from './video.ts'

process.stdout.write(await measureHour())
