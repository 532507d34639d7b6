import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { fakeRendering } from '../../testing/fake-rendering.ts'

const source = '{ videoTemplates { key poster { url } } }'
type Templates = { videoTemplates: { key: string; poster: { url: string } | null }[] }

test('the sweep has the missing posters of templates drawn once; anyone can load them', async () => {
  const rendering = fakeRendering()
  const drawn: string[] = []
  const { videoRenderer } = rendering.adapters
  const counted: typeof videoRenderer = {
    ...videoRenderer,
    templates: videoRenderer.templates.map((template) => ({ ...template, key: `${template.key}-drawn` })),
    drawSample(key, ...rest) {
      drawn.push(key)
      return videoRenderer.drawSample(key, ...rest)
    },
  }
  await using app = await startTestApp({ adapters: { ...rendering.adapters, videoRenderer: counted } })
  const sweep = async () => {
    await app.runJob('videos.sweep')
    await app.runDueJobs()
  }
  await sweep()
  expect(drawn).toEqual(['waveform-drawn', 'captions-drawn', 'slideshow-drawn'])
  await using other = await startTestApp({
    databaseUrl: app.databaseUrl,
    adapters: { ...rendering.adapters, videoRenderer: counted },
  })
  const { videoTemplates } = (await other.query(null, source)).data as Templates
  for (const { poster } of videoTemplates) {
    const response = await fetch(poster?.url ?? '')
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    expect(await response.text()).toBe('sample')
  }
  await other.runJob('videos.sweep')
  await other.runDueJobs()
  expect(drawn).toHaveLength(3)
})
