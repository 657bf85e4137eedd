-- The server is killed five times while a buffer is edited, in a copy of ../module. Neovim must not
-- notice: the same client with the same id, no error, no message; hover knows the text that was typed.
local bridged = dofile(os.getenv('HERE') .. '/bridged.lua')
local check = bridged.check
local CONTENT_MODIFIED = -32801 -- Neovim is silent about it

-- Children of a process that have not ended.
local function children_of(parent)
  local found = {}
  for _, path in ipairs(vim.fn.glob('/proc/[0-9]*/stat', true, true)) do
    local file = io.open(path)
    local text = file and file:read('*a') or '' -- it may have ended meanwhile
    if file then file:close() end
    -- "PID (NAME) STATE PARENT …", and NAME may hold anything.
    local state, ppid = text:match('^.*%) (%a) (%d+)')
    if tonumber(ppid) == parent and state ~= 'Z' then table.insert(found, tonumber(text:match('^%d+'))) end
  end
  return found
end

local function insert(lines) vim.api.nvim_buf_set_lines(0, -1, -1, true, lines) end

-- What Neovim would show: the answer to a hover, asked again where the edit made it void.
local function hover(word)
  local buffer = vim.api.nvim_get_current_buf() -- for 0 Neovim 0.7 does not send pending edits first
  for _ = 1, 100 do
    local answer, failure = bridged.client.request_sync('textDocument/hover', bridged.at(word, 1), bridged.WAIT_MS, buffer)
    check('answer', answer, failure)
    if not answer.err then return answer.result end
    check('quiet error', answer.err.code == CONTENT_MODIFIED, answer.err)
  end
  check('hover', false)
end

bridged.run(function()
  bridged.start()
  bridged.open('main.go')
  check('first hover', hover('Greet("'))
  local bridges = children_of(vim.fn.getpid())
  check('one bridge', #bridges == 1, bridges)
  for round = 1, 5 do
    local server
    bridged.wait('a server', function()
      server = children_of(bridges[1])[1]
      return server ~= nil
    end)
    local name = 'typed' .. round
    insert({ '', '// ' .. name .. ' says 🙂.', 'func ' .. name .. '() string {' })
    vim.loop.kill(server, 'sigkill')
    insert({ '\treturn Greet("' .. name .. '")', '}' })
    local shown = hover(name .. '()')
    check('typed text', shown and shown.contents.value:find(name .. ' says 🙂', 1, true), shown)
    if round == 3 then
      insert({ 'var wrong int = "text"' })
      bridged.wait_diagnostics('an error', 'main.go', function(all)
        return vim.tbl_contains(vim.tbl_map(function(each) return each.severity end, all), 1)
      end)
    elseif round == 4 then
      vim.cmd([[global/^var wrong/delete]])
      bridged.wait_diagnostics('no error', 'main.go', function(all)
        return not vim.tbl_contains(vim.tbl_map(function(each) return each.severity end, all), 1)
      end)
    end
  end
  check('same bridge', vim.deep_equal(children_of(vim.fn.getpid()), bridges))
  check('attached', vim.lsp.buf_is_attached(0, bridged.client_id))
  local clients = vim.lsp.get_active_clients()
  check('same client', #clients == 1 and clients[1].id == bridged.client_id, #clients)
  check('not stopped', not clients[1].is_stopped() and not bridged.ended)
  -- `:global` tells how many lines it took, if it tells anything.
  local messages = vim.fn.execute('messages')
  check('no message', not messages:lower():find('error') and not messages:find('gopls') and not messages:find('LSP'), messages)
  bridged.stop()
end)
