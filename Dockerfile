# One image for every process: `api`, `worker`, or `all` in one small container.
# Each step can also be run by hand in an empty folder.

FROM node:24.21.0-slim AS generate
WORKDIR /app
COPY package.json package-lock.json prisma.config.ts ./
COPY prisma ./prisma
# Installing generates the Prisma client into src/generated.
RUN npm ci

FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY prisma/no-engine-download ./prisma/no-engine-download
# No production package needs its install script. Of the fonts, only the used weights and formats remain: 20 of 80 MB.
RUN npm ci --omit=dev --ignore-scripts \
  && find node_modules/@expo-google-fonts -type f -name '*.ttf*' ! -name '*_500Medium.ttf' ! -name '*_700Bold.ttf' -delete \
  && find node_modules/@fontsource/noto-color-emoji/files -type f ! -name 'noto-color-emoji-emoji-400-normal.woff2' -delete

FROM node:24.21.0-slim
ENV NODE_ENV=production HOST=0.0.0.0
# Renders videos.
RUN apt-get update -qq \
  && apt-get install -qq -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json ./
COPY prisma/migrations ./prisma/migrations
COPY --from=dependencies /app/node_modules ./node_modules
COPY operations/*.graphql ./operations/
COPY src ./src
COPY --from=generate /app/src/generated ./src/generated
# For the compiled modules of the processes that read recordings and draw cards.
RUN mkdir -p node_modules/.cache && chown node:node node_modules/.cache
USER node
EXPOSE 4000 9464
# Liveness, not readiness: a database that is unavailable for a minute is no reason to restart every container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT || 9464}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["all"]
