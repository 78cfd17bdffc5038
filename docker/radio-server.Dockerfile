# The station. Build from the root of the repository:
#   docker build --file docker/radio-server.Dockerfile --tag bucket-radio/radio-server .
FROM node:24-bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libflac-dev pkg-config cmake make g++ python3 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && npm install --global pnpm@12.21.0
WORKDIR /source
COPY . .
# Install scripts build the native encoders against the headers of this very Node; flac-bindings skips its own where CI
# is set.
ENV npm_config_nodedir=/usr/local
RUN env -u CI pnpm install --frozen-lockfile \
 && pnpm turbo build --filter=@bucket-radio/radio-server \
 && env -u CI pnpm --filter=@bucket-radio/radio-server deploy --prod --legacy /station \
 && node scripts/third-party-notices.ts /station

FROM node:24-bookworm-slim
# ffmpeg plays files and streams; a station with a sound card does without, and is 600 MB smaller:
#   docker build --build-arg SOURCES=alsa-utils …
ARG SOURCES="alsa-utils ffmpeg"
RUN apt-get update \
 && apt-get install --yes --no-install-recommends $SOURCES libflac12 tini \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=node --group=node /data /recordings
COPY --from=build --chown=root:root /station /station
# An image whose encoders fell back to WebAssembly is not built.
RUN cd /station && node --input-type=module --eval "\
  import { detectBackends } from '@bucket-radio/encoders'; \
  const found = await detectBackends(); console.log(found); \
  process.exit(found.flac === 'native' && found.opus === 'native' ? 0 : 1)"
# The last: memory of segments that are gone goes back to the system at once.
ENV NODE_ENV=production RADIO_DATA_DIR=/data RADIO_RECORDINGS_DIR=/recordings MALLOC_MMAP_THRESHOLD_=131072
# Sound cards belong to the group audio.
RUN usermod --append --groups audio node
USER node
WORKDIR /data
VOLUME ["/data", "/recordings"]
EXPOSE 9000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/station/dist/main.js"]
CMD ["start"]
