# The worker. Dependencies are installed without running their scripts: of those that have one, `node` is not needed
# (the image is Node 24), `@swc/core` finds its binary by itself, and `@embedded-postgres/*` is only for `permafrost demo`.
FROM node:24.21.0-bookworm-slim

RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev && npm cache clean --force

COPY bin bin
COPY src src
COPY workflows workflows
COPY activities activities
COPY tables tables

# Named volumes mounted here take over this ownership.
RUN install --directory --owner node --group node /lake /var/lib/permafrost
ENV PERMAFROST_LAKE=/lake PERMAFROST_STATE_FOLDER=/var/lib/permafrost

USER node
ENTRYPOINT ["node", "/app/bin/permafrost.js"]
CMD ["worker"]
