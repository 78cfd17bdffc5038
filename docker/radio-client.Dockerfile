# The listener site. Build from the root of the repository:
#   docker build --file docker/radio-client.Dockerfile --tag bucket-radio/radio-client .
FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /source
COPY . .
RUN pnpm install --frozen-lockfile --ignore-scripts \
 && pnpm turbo build --filter=@bucket-radio/radio-client \
 && pnpm --filter=@bucket-radio/radio-client deploy --prod --legacy --ignore-scripts /site \
 && node scripts/third-party-notices.ts /site

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build --chown=root:root /site /site
ENV NODE_ENV=production RADIO_HOST=0.0.0.0 PORT=3000
USER node
WORKDIR /site
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/site/dist/main.js"]
