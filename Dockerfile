# What the program needs to run, and Claude Code in the version that it is tried with.
FROM node:24-slim AS packages
WORKDIR /opt/mendwatch
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
RUN version=$(node -p "require('./package-lock.json').packages['node_modules/@anthropic-ai/claude-code'].version") \
  && npm install --global --prefix /opt/claude --no-audit --no-fund "@anthropic-ai/claude-code@$version"

FROM node:24-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/mendwatch
COPY --from=packages /opt/claude /opt/claude
COPY --from=packages /opt/mendwatch/node_modules ./node_modules
COPY package.json LICENSE .env.example ./
COPY src ./src
COPY automation ./automation
# Whoever it is run as: what is made in these folders belongs to that user alone.
RUN mkdir -p /project /state /cache \
  && chmod 1777 /state /cache /home/node \
  && chmod +x automation/mendwatch.ts \
  && ln -s /opt/mendwatch/automation/mendwatch.ts /usr/local/bin/mendwatch
ENV PATH=/opt/claude/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  HOME=/home/node \
  XDG_CACHE_HOME=/cache \
  PROJECT_ROOT=/project \
  STATE_FILE=/state/app_state.json \
  LOG_FILE=/state/logs/automation.log \
  CACHE_DIR=/cache/mendwatch
USER node
VOLUME ["/state", "/cache"]
EXPOSE 8003
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=5m --retries=3 \
  CMD ["node", "--import", "/opt/mendwatch/automation/compile-cache.mjs", "/opt/mendwatch/automation/mendwatch.ts", "status", "--check"]
ENTRYPOINT ["node", "--import", "/opt/mendwatch/automation/compile-cache.mjs", "/opt/mendwatch/automation/mendwatch.ts"]
CMD ["start"]
