using HpcGrid.Bridge;

return await BridgeCommand.Run(args);
