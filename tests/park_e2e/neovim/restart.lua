-- One Neovim stops its server and starts it again, as :LspRestart does: another gopls process.
local bridged = dofile(os.getenv('HERE') .. '/bridged.lua')

local function hovers()
  bridged.open('main.go')
  local hover = bridged.ask('textDocument/hover', bridged.at('Greet("', 1))
  bridged.check('hover text', hover.contents.value:find(vim.fn.readfile(os.getenv('SAYS'))[1], 1, true), hover)
end
-- Pids of the gopls that have sessions or are kept.
local function servers()
  local status = vim.fn.json_decode(vim.fn.system({ os.getenv('BRIDGE'), 'status', '--json' }))
  return vim.tbl_map(function(one) return one.pid end, status.servers)
end

bridged.run(function()
  bridged.start()
  hovers()
  local first = servers()
  bridged.check('one gopls', #first == 1, first)
  bridged.client.stop()
  bridged.wait('stop', function() return bridged.ended end)
  bridged.ended = false
  bridged.start()
  hovers()
  bridged.check('another gopls', not vim.tbl_contains(first, servers()[#servers()]), servers())
  bridged.stop()
end)
